/// How a run of cells is read: past holes, where its file can have some.
#pragma once

#include "holes.h"
#include "region.h"

namespace rseq::region {

/// A run, and what of it may be touched.
struct Reading {
  uint32_t region;
  const Held& held;
  const holes::Map* map;  ///< null: all of it

  /// Cell `i` of the run in a stripe; null where it lies in a hole, and so is 0.
  int64_t* cell(uint32_t stripe, uint32_t i) const {
    if (map != nullptr && !map->has(stripe, held.cell + i)) return nullptr;
    return cell_of(region, held, stripe, i);
  }
  uint64_t load(uint32_t stripe, uint32_t i) const {
    const int64_t* at = cell(stripe, i);
    return at == nullptr ? 0 : static_cast<uint64_t>(__atomic_load_n(at, __ATOMIC_RELAXED));
  }
  /// What is not drained, or was not when the map was made, is not handed out twice by who reads it: of the
  /// baseline a hole is older than all that is in the cells.
  bool has_baseline() const {
    return map == nullptr || !map->is_hole(stripes_of(region) + 1, held.cell, held.cells);
  }
};

/// The directory of a region where cells of the run may lie in holes, else null.
const Directory* sparse(uint32_t region, const Held& held);

/// Reads a run by a map of it. A hole that the map has can be filled and drained before the baseline is read,
/// which then has more than the cells that are read: so it is read again.
/// @param work  of a Reading; what it does last counts
template <typename Work>
void read_past_holes(uint32_t region, const Directory& directory, const Held& held, const Work& work) {
  // Each time there are fewer holes: a few times, not for ever.
  constexpr int kTries = 8;
  holes::Map map(directory, held.cell, held.cells);
  const Reading reading = {.region = region, .held = held, .map = &map};
  for (int i = 0; i < kTries; ++i) {
    work(reading);
    if (!reading.has_baseline() || !map.look()) return;
  }
}

/// Reads a run as it has to be.
template <typename Work>
void read_run(uint32_t region, const Held& held, const Work& work) {
  const Directory* directory = sparse(region, held);
  if (directory == nullptr) return work(Reading{.region = region, .held = held, .map = nullptr});
  read_past_holes(region, *directory, held, work);
}

}  // namespace rseq::region
