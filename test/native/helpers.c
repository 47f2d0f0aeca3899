/* What the tests need from the system beside the package: thread ids, affinity, a seccomp filter. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <node_api.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "seccomp.h"

static int32_t argument(napi_env env, napi_callback_info info, size_t i) {
  size_t argc = 2;
  napi_value argv[2];
  int32_t value = 0;
  napi_get_cb_info(env, info, &argc, argv, NULL, NULL);
  napi_get_value_int32(env, argv[i], &value);
  return value;
}

static napi_value number(napi_env env, int32_t value) {
  napi_value result;
  napi_create_int32(env, value, &result);
  return result;
}

/* () -> the calling thread's id */
static napi_value GetTid(napi_env env, napi_callback_info info) {
  (void)info;
  return number(env, (int32_t)syscall(SYS_gettid));
}

/* (thread id or 0, CPU) -> 0 or errno */
static napi_value Pin(napi_env env, napi_callback_info info) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(argument(env, info, 1), &set);
  return number(env, sched_setaffinity(argument(env, info, 0), sizeof set, &set) == 0 ? 0 : errno);
}

/* (errno, 1: in all threads, else in this one and those that it starts) -> 0 or errno; rseq fails so from now
 * on */
static napi_value DenyRseq(napi_env env, napi_callback_info info) {
  return number(env, deny_rseq(argument(env, info, 0), argument(env, info, 1)));
}

/* (errno) -> 0 or errno; so does getrusage */
static napi_value DenyGetrusage(napi_env env, napi_callback_info info) {
  return number(env, deny_call(SYS_getrusage, argument(env, info, 0), 0));
}

static void handle(int signal) { (void)signal; }

/* (thread id or 0) -> 0 or errno; the calling thread, 0, has had the signal when this returns */
static napi_value Signal(napi_env env, napi_callback_info info) {
  const struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
  const int32_t thread = argument(env, info, 0);
  sigaction(SIGURG, &action, NULL);
  const long sent = syscall(SYS_tgkill, getpid(), thread != 0 ? thread : syscall(SYS_gettid), SIGURG);
  return number(env, sent == 0 ? 0 : errno);
}

static long counted;

static void count(int signal) {
  (void)signal;
  __atomic_fetch_add(&counted, 1, __ATOMIC_RELAXED);
}

/* (microseconds, 1: of the process, else of the calling thread) -> 0 or errno; from now on so often a signal
 * comes that does nothing but be counted */
static napi_value StartTimer(napi_env env, napi_callback_info info) {
  const long period = 1000L * argument(env, info, 0);
  const int process = argument(env, info, 1);
  const int signal = process ? SIGALRM : SIGRTMIN + 4;
  const struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
  struct sigevent event = {.sigev_notify = process ? SIGEV_SIGNAL : SIGEV_THREAD_ID, .sigev_signo = signal};
  event._sigev_un._tid = (int)syscall(SYS_gettid);
  const struct itimerspec times = {.it_interval.tv_nsec = period, .it_value.tv_nsec = period};
  int timer;
  sigaction(signal, &action, NULL);
  if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) != 0) return number(env, errno);
  return number(env, syscall(SYS_timer_settime, timer, 0, &times, NULL) == 0 ? 0 : errno);
}

/* () -> how many of these have come, in all threads */
static napi_value SignalsSeen(napi_env env, napi_callback_info info) {
  napi_value result;
  (void)info;
  napi_create_double(env, (double)__atomic_load_n(&counted, __ATOMIC_RELAXED), &result);
  return result;
}

/* (0: getppid, 1: a pipe that has room and data, 2: sched_yield, 3: a sleep of a millisecond) -> whether it
 * worked */
static napi_value SystemCall(napi_env env, napi_callback_info info) {
  const struct timespec millisecond = {.tv_nsec = 1000000};
  char byte = 0;
  int ends[2], worked = 0;
  switch (argument(env, info, 0)) {
    case 0:
      worked = syscall(SYS_getppid) >= 0;
      break;
    case 1:
      worked = pipe(ends) == 0 && write(ends[1], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1;
      close(ends[0]);
      close(ends[1]);
      break;
    case 2:
      worked = sched_yield() == 0;
      break;
    case 3:
      worked = nanosleep(&millisecond, NULL) == 0;
      break;
  }
  return number(env, worked);
}

/* (MiB of private memory, or −1 for no bound) -> 0 or errno; mapping more fails from now on */
static napi_value LimitData(napi_env env, napi_callback_info info) {
  const int32_t mebibytes = argument(env, info, 0);
  struct rlimit bounds;
  getrlimit(RLIMIT_DATA, &bounds);
  bounds.rlim_cur = mebibytes < 0 ? bounds.rlim_max : (rlim_t)mebibytes << 20;
  return number(env, setrlimit(RLIMIT_DATA, &bounds) == 0 ? 0 : errno);
}

static void unmap(napi_env env, void* memory, void* bytes) {
  (void)env;
  munmap(memory, (size_t)bytes);
}

/* (path) -> an ArrayBuffer over the file, which all who map it share, or undefined */
static napi_value MapFile(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1], buffer = NULL;
  char path[4096];
  struct stat found;
  napi_get_cb_info(env, info, &argc, argv, NULL, NULL);
  napi_get_value_string_utf8(env, argv[0], path, sizeof path, NULL);
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0 || syscall(SYS_fstat, fd, &found) != 0) return NULL;
  const size_t bytes = (size_t)found.st_size;
  void* memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (memory == MAP_FAILED) return NULL;
  napi_create_external_arraybuffer(env, memory, bytes, unmap, (void*)bytes, &buffer);
  return buffer;
}

/* (descriptor) -> 0 or errno; keeps the file's first byte locked for others until it is closed */
static napi_value LockByte(napi_env env, napi_callback_info info) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
  return number(env, fcntl(argument(env, info, 0), F_OFD_SETLK, &lock) == 0 ? 0 : errno);
}

static struct sigaction overtaken;

/* As crash reporters do: the signal is for whoever had it before, too. */
static void hand_on(int signal, siginfo_t* info, void* context) {
  if ((overtaken.sa_flags & SA_SIGINFO) != 0) {
    overtaken.sa_sigaction(signal, info, context);
  } else {
    sigaction(signal, &overtaken, NULL);
  }
}

/* () -> 0 or errno; installs a handler of SIGBUS that hands on to the one before */
static napi_value Overtake(napi_env env, napi_callback_info info) {
  struct sigaction action = {.sa_sigaction = hand_on, .sa_flags = SA_SIGINFO | SA_NODEFER};
  return number(env, sigaction(SIGBUS, &action, &overtaken) == 0 ? 0 : errno);
}

NAPI_MODULE_INIT() {
  const struct {
    const char* name;
    napi_callback callback;
  } functions[] = {{"startTimer", StartTimer}, {"signalsSeen", SignalsSeen},
                   {"gettid", GetTid},         {"pin", Pin},
                   {"denyRseq", DenyRseq},     {"denyGetrusage", DenyGetrusage},
                   {"mapFile", MapFile},       {"signal", Signal},
                   {"systemCall", SystemCall}, {"limitData", LimitData},
                   {"lockByte", LockByte},     {"overtake", Overtake}};
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; ++i) {
    napi_value function;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].callback, NULL, &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  return exports;
}
