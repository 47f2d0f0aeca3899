#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "format.h"

namespace rseq::region::lock {
namespace {

constexpr int kGetLock = 36;  // F_OFD_GETLK, Linux 3.15
constexpr int kSetLock = 37;  // F_OFD_SETLK

constexpr off_t kDirectory = 0;
constexpr off_t kProcesses = 1;
constexpr off_t kRoles = kProcesses + kMaxProcesses;

int call(int fd, int command, short type, off_t byte, struct flock* out = nullptr) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  const int error = fcntl(fd, command, &lock) == 0 ? 0 : errno;
  if (out != nullptr) *out = lock;
  return error;
}

}  // namespace

int take_directory(int fd) {
  // Never F_OFD_SETLKW: a stopped holder must not stop everybody else for good.
  constexpr int kShortTries = 200;
  constexpr long kShortest = 20'000;
  constexpr long kLongest = 2'000'000;  // ns; five seconds in all
  constexpr int kTries = 2700;
  if (fd < 0) return 0;
  for (int i = 0;; ++i) {
    const int error = call(fd, kSetLock, F_WRLCK, kDirectory);
    if ((error != EAGAIN && error != EACCES && error != EINTR) || i == kTries) return error;
    const struct timespec pause = {.tv_sec = 0, .tv_nsec = i < kShortTries ? kShortest : kLongest};
    nanosleep(&pause, nullptr);
  }
}

void give_directory(int fd) {
  if (fd >= 0) call(fd, kSetLock, F_UNLCK, kDirectory);
}

bool take_process(int fd, uint32_t process) {
  return fd < 0 || call(fd, kSetLock, F_WRLCK, kProcesses + process) == 0;
}

int take_role(int fd, uint32_t role) { return fd < 0 ? 0 : call(fd, kSetLock, F_WRLCK, kRoles + role); }

void give_role(int fd, uint32_t role) {
  if (fd >= 0) call(fd, kSetLock, F_UNLCK, kRoles + role);
}

bool is_alive(int fd, uint32_t process) {
  struct flock found = {};
  // What cannot be asked counts as alive: the careful answer.
  return fd >= 0 &&
         (call(fd, kGetLock, F_RDLCK, kProcesses + process, &found) != 0 || found.l_type != F_UNLCK);
}

}  // namespace rseq::region::lock
