#include "objects/drain.h"

#include <string.h>

#include <bit>

#include "kernel/clock.h"
#include "objects/drain_reader.h"
#include "region/owners.h"

namespace rseq::drain {
namespace {

void store_last(uint64_t* cell, uint64_t value) { __atomic_store_n(cell, value, __ATOMIC_RELEASE); }

bool is_consumer(const Runs& runs, uint64_t self) {
  return self != 0 && load(runs.of(runs.overflow) + records::kConsumer) == self;
}

/// How far a stripe was consumed.
struct Consumed {
  uint64_t position;
  uint64_t count;
};

/// @return false where the stripe cannot have been consumed that far
bool move(uint64_t* run, const Consumed& consumed) {
  const Progress before(run);
  const uint64_t moved = consumed.position + 1 - before.tail;
  if (moved > load_first(run + records::kHead) - before.tail || consumed.count > moved) return false;
  const uint64_t turn = before.turn + 1;
  // The last turn is visible before the pair that it has left is written again: for those who only look.
  __atomic_thread_fence(__ATOMIC_RELEASE);
  __atomic_store_n(run + records::kTails + (turn & 1), before.tail + moved, __ATOMIC_RELAXED);
  __atomic_store_n(run + records::kLosses + (turn & 1), before.lost + moved - consumed.count,
                   __ATOMIC_RELAXED);
  store_last(run + records::kTurn, turn);
  // What was copied may be written over from here on. A consumer that dies before this leaves it to the next.
  store_last(run + records::kLimit, before.tail + moved);
  return true;
}

}  // namespace

size_t state_words(uint32_t stripes) {
  return 2 + (sizeof(Cursor) / sizeof(uint64_t) + 1) * (size_t{stripes} + 1);
}

uint32_t out_words(const region::Held& held) { return kOutPayload + Shape{held.form}.payload(); }

int32_t begin(uint32_t region, const region::Held& held, const Scratch& scratch) {
  const Runs runs(region, held);
  if (scratch.state_words < state_words(runs.overflow)) return region::kDamaged;
  const uint64_t self = region::owners::word(region);
  if (self == 0) return region::kReadOnly;
  uint64_t* consumer = runs.of(runs.overflow) + records::kConsumer;
  uint64_t owner = load(consumer);
  // Nobody's or a dead one's is taken over, by one of those who find it.
  if (region::owners::lives(region, owner) ||
      !__atomic_compare_exchange_n(consumer, &owner, self, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
    return region::kConsumer;
  }
  const State state(scratch.state);
  const bool is_timed = runs.shape.is_timed();
  *state.horizon = is_timed ? clock::now_first() : 0;
  uint64_t* ends = state.ends(runs.overflow);
  memset(ends, 0, (size_t{runs.overflow} + 1) * sizeof *ends);
  runs.each([ends](uint32_t stripe, uint64_t* run) {
    const uint64_t tail = Progress(run).tail;
    if (load(run + records::kLimit) != tail) store_last(run + records::kLimit, tail);
    ends[stripe] = load_first(run + records::kHead);
  });
  *state.later = is_timed ? clock::now() : 0;
  return 0;
}

int32_t read(uint32_t region, const region::Held& held, const Scratch& scratch, uint32_t most) {
  const Runs runs(region, held);
  if (scratch.state_words < state_words(runs.overflow)) return region::kDamaged;
  if (!is_consumer(runs, region::owners::word(region))) return region::kConsumer;
  const size_t room = scratch.out_words / out_words(held);
  Reader reader(runs, scratch);
  reader.look(State(scratch.state).ends(runs.overflow));
  return static_cast<int32_t>(reader.fill(most < room ? most : static_cast<uint32_t>(room)));
}

int32_t advance(uint32_t region, const region::Held& held, const Scratch& scratch, uint32_t consumed) {
  const Runs runs(region, held);
  if (scratch.state_words < state_words(runs.overflow)) return region::kDamaged;
  if (consumed > scratch.out_words / out_words(held)) return region::kDamaged;
  if (!is_consumer(runs, region::owners::word(region))) return region::kConsumer;
  auto* all = reinterpret_cast<Consumed*>(State(scratch.state).cursors);
  memset(all, 0, (size_t{runs.overflow} + 1) * sizeof(Consumed));
  for (uint32_t i = 0; i < consumed; ++i) {
    const uint64_t* record = scratch.out + size_t{i} * out_words(held);
    const double cpu = std::bit_cast<double>(record[kOutCpu]);
    const bool is_cpu = cpu >= 0 && cpu < runs.overflow;
    Consumed& one = all[is_cpu ? static_cast<uint32_t>(cpu) : runs.overflow];
    one = {.position = record[kOutPosition], .count = one.count + 1};
  }
  bool possible = true;
  for (uint32_t stripe = 0; stripe <= runs.overflow; ++stripe) {
    if (all[stripe].count != 0) possible &= move(runs.of(stripe), all[stripe]);
  }
  return possible ? 0 : static_cast<int32_t>(region::kDamaged);
}

void end(uint32_t region, const region::Held& held) {
  const Runs runs(region, held);
  uint64_t self = region::owners::word(region);
  if (self == 0) return;
  __atomic_compare_exchange_n(runs.of(runs.overflow) + records::kConsumer, &self, 0, false, __ATOMIC_RELEASE,
                              __ATOMIC_RELAXED);
}

Counts count(uint32_t region, const region::Held& held) {
  const Runs runs(region, held);
  Counts counts = {};
  runs.each([&](uint32_t, const uint64_t* run) {
    const Progress progress(run);
    // After the tail, so that it is not before it.
    const uint64_t head = load_first(run + records::kHead);
    const uint64_t pending = readable(runs.shape, head, progress.tail);
    counts.written += head;
    counts.discarded += load(run + records::kDiscarded);
    counts.overwritten += progress.lost + (head - progress.tail - pending);
    counts.pending += pending;
  });
  return counts;
}

}  // namespace rseq::drain
