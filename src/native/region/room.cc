#include "region/room.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "region/holes.h"

namespace rseq::region {

using holes::kCellsPerGrain;
using holes::kGrain;

int32_t allocate(int fd, uint64_t at, uint64_t bytes) {
  constexpr int kKeepSize = 1;  // fallocate(2)
  const auto begin = static_cast<int64_t>(at);
  int error;
  do error = syscall(SYS_fallocate, fd, kKeepSize, begin, static_cast<int64_t>(bytes)) == 0 ? 0 : errno;
  while (error == EINTR);
  if (error == ENOSPC || error == EDQUOT) return kNoRoom;
  return error == ENOMEM ? static_cast<int32_t>(kNoMemory) : 0;
}

bool Room::open(int fd, const Sizes& sizes) {
  fd_ = fd;
  sizes_ = sizes;
  const uint64_t units = Layout(sizes).stripes / kGrain + sizes.cells / kCellsPerGrain;
  notes_ = static_cast<uint64_t*>(calloc(units / 64 + 1, sizeof(uint64_t)));
  return notes_ != nullptr;
}

void Room::close() {
  free(notes_);
  notes_ = nullptr;
}

int32_t Room::take(uint64_t at, uint64_t bytes) {
  for (uint64_t unit = at / kGrain; unit * kGrain < at + bytes; ++unit) {
    if (is_noted(unit)) continue;
    if (const int32_t failed = allocate(fd_, unit * kGrain, kGrain); failed != 0) return failed;
    put_down(unit);
  }
  return 0;
}

int32_t Room::take_cells(uint32_t cell, uint32_t cells) {
  for (uint32_t at = cell / kCellsPerGrain * kCellsPerGrain; at < cell + cells; at += kCellsPerGrain) {
    if (is_noted(unit_of(at))) continue;
    for (uint32_t stripe = 0; stripe < sizes_.stripes + 2; ++stripe) {
      if (const int32_t failed = take_cells_in(stripe, at, kCellsPerGrain); failed != 0) return failed;
    }
    put_down(unit_of(at));
  }
  return 0;
}

int32_t Room::take_cells_in(uint32_t stripe, uint32_t cell, uint32_t cells) {
  const Layout layout(sizes_);
  const uint64_t at = layout.stripes + stripe * layout.stripe_bytes;
  return allocate(fd_, at + uint64_t{cell} * sizeof(int64_t), uint64_t{cells} * sizeof(int64_t));
}

bool Room::knows(uint64_t at) const { return is_noted(at / kGrain); }

bool Room::knows_cells(uint32_t cell, uint32_t cells) const {
  for (uint64_t unit = unit_of(cell); unit <= unit_of(cell + cells - 1); ++unit)
    if (!is_noted(unit)) return false;
  return true;
}

void Room::note(uint64_t at) { put_down(at / kGrain); }

bool Room::is_noted(uint64_t unit) const {
  return (__atomic_load_n(&notes_[unit / 64], __ATOMIC_RELAXED) >> unit % 64 & 1) != 0;
}

void Room::put_down(uint64_t unit) {
  __atomic_fetch_or(&notes_[unit / 64], UINT64_C(1) << unit % 64, __ATOMIC_RELAXED);
}

uint64_t Room::unit_of(uint32_t cell) const {
  return Layout(sizes_).stripes / kGrain + cell / kCellsPerGrain;
}

}  // namespace rseq::region
