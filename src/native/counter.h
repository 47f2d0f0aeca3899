/// Per-CPU counters: int64 and float64 cells.
///
/// A thread with rseq adds to the cell of its stripe, in a critical section. Every other thread, and one
/// whose attempts all failed (single-stepping aborts each one), adds to the overflow cell, atomically.
/// So each word has one kind of writer, and every operation ends.
#pragma once

#include <string.h>

#include "area.h"
#include "region.h"
#include "sequences.h"

namespace rseq::counter {

/// Attempts of add_again(), after the first one.
inline constexpr int kAttempts = 8;

#pragma GCC visibility push(hidden)  // reached directly, not through the GOT
/// Sections that the kernel sent to their abort handlers, in this process.
extern constinit uint64_t aborts;
#pragma GCC visibility pop

/// One attempt on this thread's stripe.
/// @param field  &area->cpu_id or &area->mm_cid
/// @param id     without kByMmCid
/// @return kMoved also where the stripe is out of bounds: no rseq on this thread
template <typename T>
inline sequences::Outcome attempt(region::Stripes stripes, abi::Area* area, const uint32_t* field,
                                  region::Id id, T amount) {
  const uint32_t stripe = abi::load(field);
  if (stripe >= stripes.count) [[unlikely]]
    return sequences::Outcome::kMoved;
  return sequences::add(area, field, stripe, stripes.cell<T>(stripe, id), amount);
}

/// What add() does where its one attempt did not commit, or could not be made: finds the area, makes the
/// other attempts, and takes the overflow cell at last.
/// @param aborted  that attempt was
[[gnu::noinline]] void add_again(region::Id id, int64_t n, bool aborted);
[[gnu::noinline]] void add_again(region::Id id, double x, bool aborted);

/// Adds to a cell of the calling thread's stripe. Ordering: relaxed.
///
/// The usual case stands alone, without a stack frame: libc owns the areas, the stripe is chosen by cpu_id,
/// and the first attempt commits.
template <typename T>
inline void add(region::Id id, T amount) {
  const int64_t offset = __atomic_load_n(&area::libc_offset, __ATOMIC_RELAXED);
  if (offset == 0 || (id & region::kByMmCid) != 0) [[unlikely]]
    return add_again(id, amount, false);
  auto* area = reinterpret_cast<abi::Area*>(abi::thread_pointer() + offset);
  const sequences::Outcome outcome = attempt(region::stripes, area, &area->cpu_id, id, amount);
  if (outcome == sequences::Outcome::kCommitted) [[likely]]
    return;
  add_again(id, amount, outcome == sequences::Outcome::kAborted);
}

/// Adds amounts[i] to cell ids[i], for each i below `count`, as add() does.
void add_many(const region::Id* ids, const int32_t* amounts, size_t count);
/// The same for doubles, of which each must be a safe integer.
/// @return false, and nothing is added, where one is not
bool add_many(const region::Id* ids, const double* amounts, size_t count);

/// One look at every cell, the overflow cell last; each read is whole, the looks are not simultaneous.
/// @param out  region::stripes.count + 1 words, the cells' bits
void read(region::Id id, uint64_t* out);

/// The sum of read(). Cells that others add positive numbers to: between the true totals at start and end.
int64_t sum_i64(region::Id id);
double sum_f64(region::Id id);

}  // namespace rseq::counter
