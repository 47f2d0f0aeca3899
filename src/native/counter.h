/// Per-CPU counters: int64 and float64 cells.
///
/// A thread with rseq adds to the cell of its stripe, in a critical section. Every other thread, and one
/// whose sections were aborted kAttempts times in a row (single-stepping aborts each one), adds to the
/// overflow cell, atomically. So each word has one kind of writer, and every operation ends.
#pragma once

#include <string.h>

#include "area.h"
#include "region.h"
#include "sequences.h"

namespace rseq::counter {

inline constexpr int kAttempts = 8;

#pragma GCC visibility push(hidden)  // reached directly, not through the GOT
/// Sections that the kernel sent to their abort handlers, in this process.
extern constinit uint64_t aborts;
#pragma GCC visibility pop

/// The field that chooses the stripe; null where it is mm_cid and the kernel has none.
inline const uint32_t* id_field(const abi::Area* area, region::Id id) {
  if ((id & region::kByMmCid) == 0) [[likely]]
    return &area->cpu_id;
  return __atomic_load_n(&area::mm_cid_live, __ATOMIC_RELAXED) ? &area->mm_cid : nullptr;
}

/// Runs `section(area, field, stripe, cell)` on this thread's stripe until it commits.
/// @return false where the overflow cell must be written instead
template <typename T, typename Section>
inline bool on_stripe(region::Id id, Section section) {
  abi::Area* area = area::current();
  const uint32_t* field = id_field(area, id);
  if (field == nullptr) return false;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const uint32_t stripe = abi::load(field);
    if (stripe >= region::stripes) return false;  // no rseq on this thread, or an id out of bounds
    const sequences::Outcome outcome = section(area, field, stripe, region::cell<T>(stripe, id));
    if (outcome == sequences::Outcome::kCommitted) [[likely]]
      return true;
    if (outcome == sequences::Outcome::kAborted) __atomic_fetch_add(&aborts, 1, __ATOMIC_RELAXED);
  }
  return false;
}

void add_overflow(region::Id id, int64_t n);
void add_overflow(region::Id id, double x);

inline void add(region::Id id, int64_t n) {
  const bool done = on_stripe<int64_t>(id, [n](auto* area, auto* field, uint32_t stripe, int64_t* cell) {
    return sequences::add_i64(area, field, stripe, cell, n);
  });
  if (!done) [[unlikely]]
    add_overflow(id, n);
}

inline void add(region::Id id, double x) {
  const bool done = on_stripe<double>(id, [x](auto* area, auto* field, uint32_t stripe, double* cell) {
    return sequences::add_f64(area, field, stripe, cell, x);
  });
  if (!done) [[unlikely]]
    add_overflow(id, x);
}

/// One look at every cell, the overflow cell last; each read is whole, the looks are not simultaneous.
/// @param out  region::stripes + 1 words, the cells' bits
void read(region::Id id, uint64_t* out);

/// The sum of read(). Cells that others add positive numbers to: between the true totals at start and end.
int64_t sum_i64(region::Id id);
double sum_f64(region::Id id);

}  // namespace rseq::counter
