/// Per-CPU counters: int64 and float64 cells.
///
/// A thread with rseq adds to the cell of its stripe, in a critical section. Every other thread, and one
/// whose attempts all failed (single-stepping aborts each one), adds to the overflow cell, atomically.
/// So each word has one kind of writer, and every operation ends.
#pragma once

#include <string.h>

#include "region/reading.h"
#include "sections/sequences.h"
#include "thread/area.h"

namespace rseq::counter {

/// Attempts of add_again(), after the first one.
inline constexpr int kAttempts = 8;

#pragma GCC visibility push(hidden)  // reached directly, not through the GOT
/// Sections that the kernel sent to their abort handlers, in this process.
extern constinit uint64_t aborts[sequences::kSections];
#pragma GCC visibility pop

void count_abort(sequences::Section section);

/// One attempt on this thread's stripe.
/// @param field   &area->cpu_id or &area->mm_cid
/// @param number  below stripes.limit
/// @return kMoved also where the stripe is out of bounds: no rseq on this thread
template <typename T>
RSEQ_SECTION sequences::Outcome attempt(const arena::Stripes& stripes, abi::Area* area, const uint32_t* field,
                                        uint32_t number, T amount) {
  const uint32_t stripe = abi::load(field);
  if (stripe >= stripes.count) [[unlikely]]
    return sequences::Outcome::kMoved;
  return sequences::add(area, field, stripe, stripes.cell<T>(stripe, number), amount);
}

/// What add() does where its one attempt did not commit, or could not be made: finds the area, makes the
/// other attempts, and takes the overflow cell at last. A number that is nobody's is ignored.
/// @param aborted  that attempt was
[[gnu::noinline]] void add_again(uint32_t id, int64_t n, bool aborted);
[[gnu::noinline]] void add_again(uint32_t id, double x, bool aborted);

/// Adds to a cell of the calling thread's stripe. Ordering: relaxed.
///
/// The usual case stands alone, without a stack frame: libc owns the areas, the stripe is chosen by cpu_id,
/// and the first attempt commits.
/// @param id  region::Held's, of any region; any other number adds nothing or to some cell, never elsewhere
template <typename T>
RSEQ_SECTION void add(uint32_t id, T amount) {
  const int64_t offset = __atomic_load_n(&area::libc_offset, __ATOMIC_RELAXED);
  const arena::Stripes stripes = arena::copy();
  // Also those by mm_cid.
  if (offset == 0 || id >= __atomic_load_n(&arena::stripes.limit, __ATOMIC_RELAXED)) [[unlikely]]
    return add_again(id, amount, false);
  auto* area = reinterpret_cast<abi::Area*>(abi::thread_pointer() + offset);
  const sequences::Outcome outcome = attempt(stripes, area, &area->cpu_id, id, amount);
  if (outcome == sequences::Outcome::kCommitted) [[likely]]
    return;
  add_again(id, amount, outcome == sequences::Outcome::kAborted);
}

/// Adds amounts[i] to cell ids[i], for each i below `count`, as add() does. `amounts` may be shared memory.
void add_many(const uint32_t* ids, const int32_t* amounts, size_t count);
void add_many(const uint32_t* ids, const int64_t* amounts, size_t count);

/// A gauge: a float64 that can also be set. So it is the overflow cell alone, by atomic instructions alone
/// (rule 1 holds: no section writes to it). A number that is nobody's is ignored. Ordering: relaxed.
void set_gauge(uint32_t id, double x);
void add_gauge(uint32_t id, double x);

/// @return whether `x` is an integer of at most 53 bits
bool is_safe_integer(double x);

// --- reading; `held` of region::held() ---------------------------------------------------------------------

/// One look at every cell, the overflow cell last; each read is whole, the looks are not simultaneous.
/// @param out  region::stripes_of() + 1 words, the cells' bits, as if nothing had ever been drained
void read(uint32_t region, const region::Held& held, uint64_t* out);

/// The sum of cell `i` of the run, less the baseline. Cells that others add positive numbers to: between the
/// true totals at start and end.
int64_t sum_i64(uint32_t region, const region::Held& held, uint32_t i = 0);
double sum_f64(uint32_t region, const region::Held& held, uint32_t i = 0);
int64_t sum_i64(const region::Reading& run, uint32_t i);
double sum_f64(const region::Reading& run, uint32_t i);

/// Reads and resets. What was added before the call, and not drained before, is in the result; what is added
/// later is in a later one: each add is shared out once, among any number of drainers in any process.
///
/// Cells are not touched: the baseline becomes the sum that was read. It is loaded first (acquire), so that
/// the cells read after it have at least what they had in the sum that somebody else stored there (release).
int64_t drain_i64(uint32_t region, const region::Held& held, uint32_t i = 0);
double drain_f64(uint32_t region, const region::Held& held, uint32_t i = 0);

}  // namespace rseq::counter
