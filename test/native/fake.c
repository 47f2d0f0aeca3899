/*
 * LD_PRELOAD: makes this machine's libc and kernel look like others to the addon, by standing between it and
 * the libc functions that it asks. What is not faked is passed on. By environment variables:
 *
 *   FAKE_SYMBOLS=none        no __rseq_* symbols (glibc before 2.35, musl)
 *   FAKE_LIBC_SIZE=N         libc owns an area of the main thread and gives N as __rseq_size
 *   FAKE_LIBC_CPU=N          … which is not registered; its cpu_id is N for ever
 *   FAKE_LIBC_FLAGS=N        … and N as __rseq_flags
 *   FAKE_LIBC_VERSION=2.34   gnu_get_libc_version()
 *   FAKE_FOREIGN=private     somebody registered the main thread
 *   FAKE_FOREIGN=shared      … and shares the area as __rseq_abi
 *   FAKE_FOREIGN=signature   … but registered it with another signature
 *   FAKE_FEATURE_SIZE=N      AT_RSEQ_FEATURE_SIZE (0: entry missing)
 *   FAKE_RSEQ=accept         rseq answers 0 and does nothing
 *   FAKE_RSEQ_ERROR=N        registrations fail with errno N; the side-effect-free probe does not
 *   FAKE_RSEQ_REFUSED_LENGTH=N  registrations of that length fail with EINVAL
 *   FAKE_GETCPU=N            getcpu says CPU N
 *   FAKE_GETCPU_ERROR=N      getcpu and sched_getcpu fail with errno N
 *   FAKE_NODE=N              getcpu says node N
 *   FAKE_RELEASE=5.4.0       uname()
 *   FAKE_PIN_DELAY=N         the raw sched_setaffinity takes N ms
 *   FAKE_PIN_DELAYS=N        … the first N times
 *   FAKE_PIN_ERROR=N         … fails with errno N
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#if defined(__x86_64__)
#define SYS_RSEQ 334
#define SYS_GETCPU 309
#define SIGNATURE 0x53053053
#define BASE_VERSION "GLIBC_2.2.5"
#else
#define SYS_RSEQ 293
#define SYS_GETCPU 168
#define SIGNATURE 0xd428bc00
#define BASE_VERSION "GLIBC_2.17"
#endif

struct area {
  uint32_t words[8];
} __attribute__((aligned(64)));

static __thread struct area area __attribute__((tls_model("initial-exec")));
static ptrdiff_t fake_offset;
static unsigned int fake_size;
static unsigned int fake_flags;

static long number(const char* name, long otherwise) {
  const char* text = getenv(name);
  return text != NULL ? strtol(text, NULL, 0) : otherwise;
}

static int is(const char* name, const char* value) {
  const char* text = getenv(name);
  return text != NULL && strcmp(text, value) == 0;
}

static void* next(const char* name) {
  void* found = dlvsym(RTLD_NEXT, name, "GLIBC_2.34");
  return found != NULL ? found : dlvsym(RTLD_NEXT, name, BASE_VERSION);
}

static long pass_on(long call, const long* a) {
  static long (*real)(long, ...);
  if (real == NULL) real = next("syscall");
  return real(call, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static const char* fake_version(void) { return getenv("FAKE_LIBC_VERSION"); }

__attribute__((constructor)) static void prepare(void) {
  const int owned = getenv("FAKE_LIBC_SIZE") != NULL;
  fake_offset = (char*)&area - (char*)__builtin_thread_pointer();
  fake_size = (unsigned int)number("FAKE_LIBC_SIZE", 0);
  fake_flags = (unsigned int)number("FAKE_LIBC_FLAGS", 0);
  if (getenv("FAKE_LIBC_CPU") != NULL) {
    area.words[0] = area.words[1] = (uint32_t)number("FAKE_LIBC_CPU", 0);
  } else if (owned || getenv("FAKE_FOREIGN") != NULL) {
    const long signature = is("FAKE_FOREIGN", "signature") ? 0x12345678 : SIGNATURE;
    const long request[6] = {(long)&area, 32, 0, signature, 0, 0};
    if (pass_on(SYS_RSEQ, request) != 0) abort();
  }
}

void* dlsym(void* restrict handle, const char* restrict name) {
  static void* (*real)(void*, const char*);
  if (real == NULL) real = next("dlsym");
  if (strcmp(name, "__rseq_abi") == 0) {
    return is("FAKE_FOREIGN", "shared") || is("FAKE_FOREIGN", "signature") ? &area : NULL;
  }
  if (strcmp(name, "gnu_get_libc_version") == 0 && fake_version() != NULL) return (void*)fake_version;
  if (strncmp(name, "__rseq_", 7) == 0) {
    if (is("FAKE_SYMBOLS", "none")) return NULL;
    if (getenv("FAKE_LIBC_SIZE") != NULL) {
      if (strcmp(name, "__rseq_offset") == 0) return &fake_offset;
      if (strcmp(name, "__rseq_size") == 0) return &fake_size;
      if (strcmp(name, "__rseq_flags") == 0) return &fake_flags;
    }
  }
  return real(handle, name);
}

long syscall(long call, ...) {
  long a[6];
  va_list list;
  va_start(list, call);
  for (int i = 0; i < 6; ++i) a[i] = va_arg(list, long);
  va_end(list);
  if (call == SYS_RSEQ && a[0] != 0) {
    if (is("FAKE_RSEQ", "accept")) return 0;
    if (getenv("FAKE_RSEQ_REFUSED_LENGTH") != NULL && a[1] == number("FAKE_RSEQ_REFUSED_LENGTH", 0)) {
      errno = EINVAL;
      return -1;
    }
    if (getenv("FAKE_RSEQ_ERROR") != NULL) {
      errno = (int)number("FAKE_RSEQ_ERROR", 0);
      return -1;
    }
  }
  if (call == SYS_GETCPU && getenv("FAKE_GETCPU_ERROR") != NULL) {
    errno = (int)number("FAKE_GETCPU_ERROR", 0);
    return -1;
  }
  if (call == SYS_sched_setaffinity) {
    static long times;
    if (__atomic_fetch_add(&times, 1, __ATOMIC_RELAXED) < number("FAKE_PIN_DELAYS", LONG_MAX))
      usleep((useconds_t)number("FAKE_PIN_DELAY", 0) * 1000);
    if (getenv("FAKE_PIN_ERROR") != NULL) {
      errno = (int)number("FAKE_PIN_ERROR", 0);
      return -1;
    }
  }
  const long result = pass_on(call, a);
  if (call == SYS_GETCPU && result == 0) {
    if (a[0] != 0) *(uint32_t*)a[0] = (uint32_t)number("FAKE_GETCPU", *(uint32_t*)a[0]);
    if (a[1] != 0) *(uint32_t*)a[1] = (uint32_t)number("FAKE_NODE", *(uint32_t*)a[1]);
  }
  return result;
}

int sched_getcpu(void) {
  static int (*real)(void);
  if (getenv("FAKE_GETCPU_ERROR") != NULL) {
    errno = (int)number("FAKE_GETCPU_ERROR", 0);
    return -1;
  }
  if (real == NULL) {
    real = dlvsym(RTLD_NEXT, "sched_getcpu", "GLIBC_2.6");
    if (real == NULL) real = next("sched_getcpu");
  }
  return real();
}

unsigned long getauxval(unsigned long type) {
  static unsigned long (*real)(unsigned long);
  if (real == NULL) {
    real = dlvsym(RTLD_NEXT, "getauxval", "GLIBC_2.16");
    if (real == NULL) real = next("getauxval");
  }
  if (type == 27 && getenv("FAKE_FEATURE_SIZE") != NULL) return (unsigned long)number("FAKE_FEATURE_SIZE", 0);
  return real(type);
}

int uname(struct utsname* name) {
  static int (*real)(struct utsname*);
  if (real == NULL) real = next("uname");
  const int result = real(name);
  const char* release = getenv("FAKE_RELEASE");
  if (result == 0 && release != NULL) strncpy(name->release, release, sizeof name->release - 1);
  return result;
}
