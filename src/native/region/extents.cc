#include "region/extents.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace rseq::region::holes {
namespace {

constexpr uint64_t kFewGrains = 16;
constexpr int kEnd = 2, kData = 3, kHole = 4;  // lseek(2)

/// By number: what `lseek` is called depends on the C library. Nobody uses the file's offset.
int64_t seek(int fd, uint64_t to, int whence) {
  return syscall(SYS_lseek, fd, static_cast<int64_t>(to), whence);
}

}  // namespace

int64_t file_system(int fd) {
  struct statfs status = {};
  return syscall(SYS_fstatfs, fd, &status) == 0 ? static_cast<int64_t>(status.f_type) : 0;
}

bool asks_for_holes(int fd, bool read_only) {
  constexpr int64_t kTmpfs = 0x01021994;  // statfs(2); a memfd's, too
  constexpr int64_t kExt = 0xef53, kXfs = 0x58465342;
  const int64_t type = file_system(fd);
  return type == kTmpfs || (read_only && (type == kExt || type == kXfs));
}

Extent next_data(int fd, uint64_t from, uint64_t end) {
  const int64_t begin = seek(fd, from, kData);
  if (begin < 0) {
    const bool is_hole = errno == ENXIO && seek(fd, 0, kEnd) >= static_cast<int64_t>(end);
    return is_hole ? Extent{end, end} : Extent{from, end};
  }
  if (static_cast<uint64_t>(begin) >= end) return {end, end};
  // To find a hole, the kernel walks along all data before it: of a few pages one is asked for at a time.
  if (end - from <= kFewGrains * kGrain) {
    const uint64_t next = (static_cast<uint64_t>(begin) / kGrain + 1) * kGrain;
    return {static_cast<uint64_t>(begin), next < end ? next : end};
  }
  const int64_t hole = seek(fd, static_cast<uint64_t>(begin), kHole);
  const bool is_inside = hole > begin && static_cast<uint64_t>(hole) < end;
  return {static_cast<uint64_t>(begin), is_inside ? static_cast<uint64_t>(hole) : end};
}

}  // namespace rseq::region::holes
