/*
 * LD_PRELOAD: holds a process where it takes a region's directory lock for the first time, which is between
 * opening the file and joining those who have it. By environment variables:
 *
 *   HOLD_AT=before|after  it has the lock
 *   HOLD_SAYS=PATH        a file that is made to say so
 *   HOLD_UNTIL=PATH       it goes on once there is this one
 */
/* Else the header names the function fcntl64; the addon imports fcntl. */
#undef _FILE_OFFSET_BITS
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SET_LOCK 37 /* F_OFD_SETLK */

static int is_directory(const struct flock* lock) {
  return lock->l_type == F_WRLCK && lock->l_start == 0 && lock->l_len == 1;
}

static int is_at(const char* where) {
  const char* at = getenv("HOLD_AT");
  return at != NULL && strcmp(at, where) == 0;
}

static void hold(void) {
  const char* says = getenv("HOLD_SAYS");
  const char* until = getenv("HOLD_UNTIL");
  if (says == NULL || until == NULL) abort();
  const int fd = open(says, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) abort();
  close(fd);
  while (access(until, F_OK) != 0) usleep(1000);
}

int fcntl(int fd, int command, ...) {
  static int (*real)(int, int, ...);
  static int was_held;
  if (real == NULL) real = (int (*)(int, int, ...))dlsym(RTLD_NEXT, "fcntl");
  va_list list;
  va_start(list, command);
  void* argument = va_arg(list, void*);
  va_end(list);
  const int here = command == SET_LOCK && !was_held && is_directory(argument);
  if (!here) return real(fd, command, argument);
  was_held = 1;
  if (is_at("before")) hold();
  const int result = real(fd, command, argument);
  if (is_at("after") && result == 0) hold();
  return result;
}
