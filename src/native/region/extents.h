/// Which parts of a region's file have data; what was only given room (room.h) has none before it is written
/// to. On tmpfs a hole that is read through a mapping gets a page for good, and where the file system is
/// full, that read is a SIGBUS. So who only looks asks first: what lies in a hole is 0, and is not touched.
#pragma once

#include <stdint.h>

namespace rseq::region::holes {

/// What is known, is known of so many bytes together: no page is smaller.
inline constexpr uint64_t kGrain = 4096;

/// Its type, see statfs(2); 0 where it cannot be asked.
int64_t file_system(int fd);

/// Whether who reads the file asks for its holes first. On tmpfs everybody does. Who only looks on does where
/// the file system is known to say what was written a moment ago: a file of a few kilobytes can claim to be
/// of terabytes. Others are read as they are.
bool asks_for_holes(int fd, bool read_only);

/// Bytes of a file, from `begin` to `end`.
struct Extent {
  uint64_t begin;
  uint64_t end;
};

/// The first bytes from `from` on that have data, or are not to be had at all: a file that was cut short is
/// to be touched, for that tells. Where the file system knows nothing of holes, that is everything.
/// @return begins at `end` where there are none
Extent next_data(int fd, uint64_t from, uint64_t end);

/// Calls work(begin, end) for all data of a part of the file.
template <typename Work>
void each_data(int fd, uint64_t from, uint64_t end, const Work& work) {
  while (from < end) {
    const Extent data = next_data(fd, from, end);
    if (data.begin < data.end) work(data.begin, data.end);
    from = data.end;
  }
}

/// Whether the unit of that byte has data.
inline bool is_data(int fd, uint64_t at) {
  const uint64_t unit = at / kGrain * kGrain;
  return next_data(fd, unit, unit + kGrain).begin < unit + kGrain;
}

}  // namespace rseq::region::holes
