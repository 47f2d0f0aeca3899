#include "region/path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "region/extents.h"

namespace rseq::region {

bool is_users_link(const char* path) {
  constexpr int64_t kProc = 0x9fa0;  // statfs(2)
  const int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return false;
  struct stat status = {};
  const bool is_link = syscall(SYS_fstat, fd, &status) == 0 && S_ISLNK(status.st_mode);
  const bool is_kernels = holes::file_system(fd) == kProc;
  close(fd);
  return is_link && !is_kernels;
}

bool leads_to(const char* path, int fd) {
  struct stat named = {};
  struct stat opened = {};
  // By number: glibc before 2.33 has neither symbol. Followed, for /proc/PID/fd/N is a link to the file.
  return syscall(SYS_newfstatat, AT_FDCWD, path, &named, 0) == 0 && syscall(SYS_fstat, fd, &opened) == 0 &&
         named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

}  // namespace rseq::region
