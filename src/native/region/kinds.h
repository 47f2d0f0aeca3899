/// What a region does with an entry by its kind. objects/kinds.cc has a row for each kind, so that region/
/// names none of them.
#pragma once

#include "region/directory.h"

namespace rseq::region {

struct KindOps {
  /// Cells that such an entry has, in each stripe; 0 where there is none of that shape.
  /// @param extra  of its texts: a histogram's range or bounds
  uint32_t (*cells)(bool by_mm_cid, uint32_t shape, const Bytes& extra);

  /// Of a long run's cells in the overflow stripe, those with owner words: all processes must have the same
  /// memory for them.
  uint32_t (*owned)(uint32_t cells);

  /// Gives this process what hot operations take of the entry. Null where they take its cell alone.
  /// @param number    the region's
  /// @param in_arena  the entry's first cell there
  /// @return a number of that kind's own, or a Result
  int32_t (*open)(uint32_t number, const Entry& entry, uint32_t in_arena);
  /// The end of what `open` gave.
  void (*close)(uint32_t own_number);

  /// It says something of one process, and goes with it: see remove_dead_gauges().
  bool is_of_a_process = false;
};

#pragma GCC visibility push(hidden)
extern const KindOps kKindOps[kKinds];
#pragma GCC visibility pop

/// @param kind  any: what is no kind has no cells
inline const KindOps& ops(Kind kind) {
  const auto number = static_cast<uint8_t>(kind);
  return kKindOps[number < kKinds ? number : static_cast<uint8_t>(Kind::kNone)];
}

}  // namespace rseq::region
