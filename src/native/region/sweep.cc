// Removes region files that nobody has any more.
//
// A process between opening a file and joining those who have it cannot be seen. So both sides take the
// directory's lock and look under it whether the path leads to the file that they opened: who sweeps before
// the file is removed, who joins before a place is taken (recovery.cc). Whoever comes second finds the
// other: a living process, or another file, and then opens the path again.

#include <fcntl.h>
#include <unistd.h>

#include "region/backing.h"
#include "region/lock.h"
#include "region/path.h"
#include "region/region.h"

namespace rseq::region {
namespace {

/// With the directory's lock.
bool remove_locked(const char* path, int fd) {
  return !lock::is_anybody_alive(fd) && leads_to(path, fd) && unlink(path) == 0;
}

bool remove_unjoined(const char* path, int fd) {
  backing::Memory unmapped;
  const int32_t found = backing::check(fd, &unmapped);
  // Another version of this package may have left it, and may never come back.
  if (found != 0 && found != kOtherVersion) return false;
  // Whoever has the lock lives.
  if (!lock::try_directory(fd)) return false;
  const bool removed = remove_locked(path, fd);
  // Not by closing alone: a process that is being started has the file until its program begins.
  lock::give_directory(fd);
  return removed;
}

}  // namespace

bool sweep(const char* path) {
  // O_NOFOLLOW: a link is not what unlink() would remove.
  const int fd = ::open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
  if (fd < 0) return false;
  const bool removed = remove_unjoined(path, fd);
  ::close(fd);
  return removed;
}

}  // namespace rseq::region
