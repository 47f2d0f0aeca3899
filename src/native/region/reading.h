/// How a run of cells is read: past holes, where its file can have some.
#pragma once

#include "region/fault.h"
#include "region/holes.h"
#include "region/region.h"

namespace rseq::region {

/// A run, and what of it may be touched.
struct Reading {
  const Directory& directory;
  const Held& held;
  const holes::Map* map;  ///< null: all of it

  /// The overflow stripe; the baseline stripe is the next one.
  uint32_t overflow() const { return directory.sizes.stripes; }
  /// Cell `i` of the run in a stripe; null where it lies in a hole, and so is 0.
  int64_t* cell(uint32_t stripe, uint32_t i) const {
    if (map != nullptr && !map->has(stripe, held.cell + i)) [[unlikely]]
      return nullptr;
    return directory.cell(stripe, held.cell + i);
  }
  uint64_t load(uint32_t stripe, uint32_t i) const {
    const int64_t* at = cell(stripe, i);
    return at == nullptr ? 0 : static_cast<uint64_t>(__atomic_load_n(at, __ATOMIC_RELAXED));
  }
  /// Calls work(what is in it) for cell `i` of each stripe but the baseline's, unless it lies in a hole.
  template <typename Work>
  void each(uint32_t i, const Work& work) const {
    each_place(i,
               [&work](int64_t* at) { work(static_cast<uint64_t>(__atomic_load_n(at, __ATOMIC_RELAXED))); });
  }
  /// Calls work(where it is) for the same.
  template <typename Work>
  void each_place(uint32_t i, const Work& work) const {
    const uint32_t cell = held.cell + i;
    if (map == nullptr) {
      for (uint32_t stripe = 0; stripe <= overflow(); ++stripe) work(directory.cell(stripe, cell));
      return;
    }
    map->each_stripe(cell, [&](uint32_t stripe) {
      if (stripe <= overflow()) work(directory.cell(stripe, cell));
    });
  }
  /// Whether anything can have been drained when the map was made.
  bool has_baseline() const { return map == nullptr || !map->is_hole(overflow() + 1, held.cell, held.cells); }
};

/// Reads a run by a map of it. What lies in one of its holes can be filled, and drained, before the baseline
/// is read, which then has more than the cells that are read: so where there is a baseline, it is read again.
/// @param work  of a Reading; what it does last counts
template <typename Work>
void read_past_holes(const Directory& directory, const Held& held, const Work& work) {
  // Each time there are fewer holes: a few times, not for ever.
  constexpr int kTries = 8;
  holes::Map map(directory, held.cell, held.cells);
  const Reading reading = {.directory = directory, .held = held, .map = &map};
  for (int i = 0; i < kTries; ++i) {
    work(reading);
    if (!reading.has_baseline() || !map.look()) return;
  }
}

/// Reads a run as it has to be.
template <typename Work>
void read_run(uint32_t region, const Held& held, const Work& work) {
  const Directory& directory = directory_of(region);
  if (!directory.may_have_holes(held.cell, held.cells))
    return work(Reading{.directory = directory, .held = held, .map = nullptr});
  // Else replaced pages would be read.
  fault::heal(region);
  read_past_holes(directory, held, work);
}

}  // namespace rseq::region
