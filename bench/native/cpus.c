/*
 * LD_PRELOAD: a machine that could have as many CPUs as the environment variable BENCH_CPUS says. Whoever
 * opens the kernel's list of possible CPUs reads that instead.
 */
// What the addon calls is open(); node-gyp would have open64() made of it here.
#undef _FILE_OFFSET_BITS
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/// @return a descriptor of the list, or −1 where nobody asked for another number
static int list(void) {
  const char* count = getenv("BENCH_CPUS");
  if (count == NULL) return -1;
  char text[32];
  const int length = snprintf(text, sizeof text, "0-%d\n", atoi(count) - 1);
  const int fd = memfd_create("possible", MFD_CLOEXEC);
  if (fd < 0 || pwrite(fd, text, (size_t)length, 0) != length) abort();
  return fd;
}

int open(const char* path, int flags, ...) {
  if (strcmp(path, "/sys/devices/system/cpu/possible") == 0) {
    const int fd = list();
    if (fd >= 0) return fd;
  }
  va_list rest;
  va_start(rest, flags);
  const int creates = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  const int mode = creates ? va_arg(rest, int) : 0;
  va_end(rest);
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
