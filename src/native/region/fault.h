/// A file can be cut short while it is mapped, or its file system be full when a page is first touched: then
/// the kernel answers an access with SIGBUS. Here that becomes an error with a code: the page is replaced by
/// memory of this process alone, so that the access that was under way ends, and the region is marked as
/// lost.
///
/// The handler is installed with the first region that this can happen to, and hands every other SIGBUS on.
#pragma once

#include <stdint.h>

namespace rseq::region::fault {

/// What is watched of a region.
struct Range {
  char* control;
  uint64_t control_bytes;
  uint32_t first;  ///< of its cells in the arena …
  uint32_t cells;  ///< … 0 where it has none there
};

/// @param region  below kMaxRegions
void watch(uint32_t region, const Range& range);
void forget(uint32_t region);

/// Whether pages of that region had to be replaced.
bool is_lost(uint32_t region);

}  // namespace rseq::region::fault
