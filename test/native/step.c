/* step THREAD STEPS: single-steps a thread of another process, signals passed on; prints how many steps. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

static int failed(const char* what) {
  fprintf(stderr, "step: %s: %s%s\n", what, strerror(errno),
          errno == EPERM ? " (needs root, or kernel.yama.ptrace_scope 0)" : "");
  return 2;
}

/* The signal that a stop is for: what stands above it is an event of ptrace, which is no signal. */
static int signal_of(int status) {
  const int event = status >> 16;
  const int signal = WSTOPSIG(status);
  return event != 0 || signal == SIGTRAP ? 0 : signal;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: step THREAD STEPS\n");
    return 2;
  }
  const pid_t thread = (pid_t)atoi(argv[1]);
  const long wanted = atol(argv[2]);
  int status;
  if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) != 0) return failed("PTRACE_SEIZE");
  if (ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) != 0) return failed("PTRACE_INTERRUPT");
  if (waitpid(thread, &status, __WALL) < 0) return failed("waitpid");
  long steps = 0;
  while (steps < wanted && WIFSTOPPED(status)) {
    const long signal = signal_of(status);
    if (ptrace(PTRACE_SINGLESTEP, thread, NULL, (void*)signal) != 0) return failed("PTRACE_SINGLESTEP");
    if (waitpid(thread, &status, __WALL) < 0) return failed("waitpid");
    ++steps;
  }
  if (WIFSTOPPED(status)) {
    const long signal = signal_of(status);
    if (ptrace(PTRACE_DETACH, thread, NULL, (void*)signal) != 0) return failed("PTRACE_DETACH");
  }
  printf("%ld\n", steps);
  return 0;
}
