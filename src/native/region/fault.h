/// An access to a region's file that cannot be made is a SIGBUS. Here it ends all the same: its page is
/// replaced by memory of this process alone.
///
/// Either the file was cut short while it was mapped: then the region is lost to this process. Or its file
/// system is full, and a page is written to for the first time: then what is written is on no page of
/// anybody's, which is counted in the region's header, and the region goes on. Once there is room, the file's
/// page takes its place again.
///
/// The handler (sigbus.h) is installed with the first region that this can happen to.
#pragma once

#include <stdint.h>

namespace rseq::region::fault {

/// What is watched of a region.
struct Range {
  char* control;
  uint64_t control_bytes;
  uint32_t first;              ///< of its cells in the arena …
  uint32_t cells;              ///< … 0 where it has none there
  int fd;                      ///< −1: what cannot be asked counts as cut short
  uint64_t bytes = 0;          ///< of the file: with less it was cut short
  uint64_t stripes = 0;        ///< where they begin in the file, and
  uint64_t stripe_bytes = 0;   ///< from one to the next
  uint32_t* losses = nullptr;  ///< null: it is only read, and a page that is not there is 0
};

/// @param region  below kMaxRegions
void watch(uint32_t region, const Range& range);
void forget(uint32_t region);

/// Whether the file was found cut short.
bool is_lost(uint32_t region);

/// Puts the file's pages back where there is room for them by now, and the handler before any that came over
/// it. To be called before memory is read, for what others count is in those pages.
void heal(uint32_t region);

}  // namespace rseq::region::fault
