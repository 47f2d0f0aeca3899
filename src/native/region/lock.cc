#include "region/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "kernel/clock.h"
#include "region/format.h"

namespace rseq::region::lock {
namespace {

constexpr int kGetLock = 36;  // F_OFD_GETLK, Linux 3.15
constexpr int kSetLock = 37;  // F_OFD_SETLK

constexpr off_t kDirectory = 0;
constexpr off_t kProcesses = 1;
constexpr off_t kRoles = kProcesses + kMaxProcesses;

struct flock bytes(short type, off_t first, off_t count) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = first;
  lock.l_len = count;
  return lock;
}

/// @return 0 or an errno
int set(int fd, short type, off_t byte) {
  struct flock lock = bytes(type, byte, 1);
  return fcntl(fd, kSetLock, &lock) == 0 ? 0 : errno;
}

/// The answer to who wants what somebody has; or the kernel was interrupted.
bool may_come_free(int error) { return error == EAGAIN || error == EACCES || error == EINTR; }

/// Whether another open file description has locked any of them.
bool is_taken(int fd, off_t first, off_t count) {
  struct flock lock = bytes(F_RDLCK, first, count);
  // What cannot be asked counts as taken: the careful answer.
  return fcntl(fd, kGetLock, &lock) != 0 || lock.l_type != F_UNLCK;
}

}  // namespace

int take_directory(int fd, uint32_t milliseconds) {
  // Never F_OFD_SETLKW: a stopped holder must not stop everybody else for good.
  constexpr int kShortTries = 200;
  constexpr long kShortest = 20'000;
  constexpr long kLongest = 2'000'000;  // ns
  if (fd < 0) return 0;
  int error = set(fd, F_WRLCK, kDirectory);
  if (milliseconds == 0 || !may_come_free(error)) return error;
  // By the clock: on a busy machine a short sleep can be a long one.
  const uint64_t end = clock::now() + uint64_t{milliseconds} * 1'000'000;
  for (int i = 0; may_come_free(error) && clock::now() < end; ++i) {
    const struct timespec pause = {.tv_sec = 0, .tv_nsec = i < kShortTries ? kShortest : kLongest};
    nanosleep(&pause, nullptr);
    error = set(fd, F_WRLCK, kDirectory);
  }
  return error;
}

bool try_directory(int fd) { return fd < 0 || set(fd, F_WRLCK, kDirectory) == 0; }

void give_directory(int fd) {
  if (fd >= 0) set(fd, F_UNLCK, kDirectory);
}

bool take_process(int fd, uint32_t process) { return fd < 0 || set(fd, F_WRLCK, kProcesses + process) == 0; }

int take_role(int fd, uint32_t role) { return fd < 0 ? 0 : set(fd, F_WRLCK, kRoles + role); }

void give_role(int fd, uint32_t role) {
  if (fd >= 0) set(fd, F_UNLCK, kRoles + role);
}

bool is_alive(int fd, uint32_t process) { return fd >= 0 && is_taken(fd, kProcesses + process, 1); }

bool is_anybody_alive(int fd) {
  constexpr off_t kToTheEnd = 0;
  return fd >= 0 && is_taken(fd, kProcesses, kToTheEnd);
}

}  // namespace rseq::region::lock
