/// What a pool's run of cells looks like, and the pools that this process has open.
///
///               kTop                        kNext               kFirst …
///     CPU       height of the stack, and a  where to look next  the stack: slots that may be free
///               count of its changes
///     overflow  how many were handed over   where to look next  the owner of each slot; 0: it is free
///
/// The owners are the truth. The stacks are hints, of where to look first.
#pragma once

#include "objects/numbered.h"

namespace rseq::slots {

enum Cell : uint32_t { kTop, kNext, kFirst };

inline constexpr uint32_t kSlotBits = 16;
inline constexpr uint32_t kMostSlots = 1U << kSlotBits;
/// Hints on one CPU's stack.
inline constexpr uint32_t kMostHints = 256;
/// Pools that this process can have open: four times as many as a region of the usual size has room for.
inline constexpr uint32_t kMostPools = 1U << 16;

/// A pool that this process has open.
struct Slots {
  uint64_t
      run;  ///< cell and count in one word: whoever looks at one that is being given back sees both, or 0
  uint64_t process;  ///< of this process's owner words

  static Slots of(uint32_t cell, uint32_t count, uint64_t process) {
    return {uint64_t{count} << 32 | cell, process};
  }
  /// The run's first cell in the arena.
  uint32_t cell() const { return static_cast<uint32_t>(run); }
  /// 0: nobody's.
  uint32_t count() const { return static_cast<uint32_t>(run >> 32); }
  bool exists() const { return run != 0; }
};

inline constinit region::Numbered<Slots, kMostPools> pools = {};

/// Cells that a pool takes, in each stripe; 0 where it is none.
/// @param entry_shape  how many slots it has
inline uint32_t cells(uint32_t entry_shape) {
  if (entry_shape == 0 || entry_shape > kMostSlots) return 0;
  return kFirst + (entry_shape > kMostHints ? entry_shape : kMostHints);
}

}  // namespace rseq::slots
