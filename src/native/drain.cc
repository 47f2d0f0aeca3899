#include "drain.h"

#include <string.h>

#include "clock.h"
#include "region/owners.h"
#include "region/records.h"

namespace rseq::drain {
namespace {

using records::Shape;

uint64_t load(const uint64_t* cell) { return __atomic_load_n(cell, __ATOMIC_RELAXED); }
uint64_t load_first(const uint64_t* cell) { return __atomic_load_n(cell, __ATOMIC_ACQUIRE); }
void store_last(uint64_t* cell, uint64_t value) { __atomic_store_n(cell, value, __ATOMIC_RELEASE); }

uint64_t bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

double of_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/// A ring's runs in a region's stripes.
struct Runs {
  Runs(uint32_t region, const region::Held& held)
      : shape{held.form}, region(region), held(held), overflow(region::stripes_of(region)) {}

  uint64_t* of(uint32_t stripe) const {
    const uint32_t skipped = records::aligned(held.cell) - held.cell;
    return reinterpret_cast<uint64_t*>(region::cell_of(region, held, stripe, skipped));
  }

  Shape shape;
  uint32_t region;
  const region::Held& held;
  uint32_t overflow;  ///< the last stripe
};

/// What one switch of `turn` changes: a consumer that dies leaves both as they were, or both new.
struct Progress {
  uint64_t turn;
  uint64_t tail;
  uint64_t lost;

  explicit Progress(const uint64_t* run) {
    // Others than the consumer may look while it goes on, once or more. Bounded, for a hostile turn never stays.
    constexpr int kLooks = 100;
    for (int i = 0; i < kLooks; ++i) {
      turn = load_first(run + records::kTurn);
      tail = load(run + records::kTails + (turn & 1));
      lost = load(run + records::kLosses + (turn & 1));
      __atomic_thread_fence(__ATOMIC_ACQUIRE);
      if (load(run + records::kTurn) == turn) return;
    }
  }
};

/// How many records a stripe has that can be read: the newest ones.
uint64_t readable(Shape shape, uint64_t head, uint64_t tail) {
  const uint64_t all = head - tail;
  return all < shape.readable() ? all : shape.readable();
}

/// A stripe that has records for this fill.
struct Cursor {
  uint64_t stripe;
  uint64_t at;
  uint64_t end;
  uint64_t time;  ///< of the record at `at`
};

/// The parts of Scratch::state.
struct State {
  explicit State(uint64_t* words)
      : horizon(words), later(words + 1), cursors(reinterpret_cast<Cursor*>(words + 2)) {}
  uint64_t* ends(uint32_t overflow) const { return reinterpret_cast<uint64_t*>(cursors + overflow + 1); }

  uint64_t* horizon;
  uint64_t* later;
  Cursor* cursors;
};

bool is_consumer(const Runs& runs, uint64_t self) {
  return self != 0 && load(runs.of(runs.overflow) + records::kConsumer) == self;
}

/// Copies records into one fill.
class Reader {
 public:
  Reader(const Runs& runs, const Scratch& scratch)
      : runs_(runs),
        shape_(runs.shape),
        horizon_(*State(scratch.state).horizon),
        later_(*State(scratch.state).later),
        cursors_(State(scratch.state).cursors),
        out_(scratch.out) {}

  /// Where to begin in each stripe, and where this drain ends.
  void look(const uint64_t* ends) {
    for (uint32_t stripe = 0; stripe <= runs_.overflow; ++stripe) {
      const uint64_t* run = runs_.of(stripe);
      const uint64_t head = load_first(run + records::kHead);
      const uint64_t at = head - readable(shape_, head, Progress(run).tail);
      uint64_t end = ends[stripe];
      // None is left of what the drain began with; or the end is made up.
      if (static_cast<int64_t>(end - at) <= 0) continue;
      if (end - at > head - at) end = head;
      Cursor& cursor = cursors_[active_];
      cursor = {.stripe = stripe, .at = at, .end = end, .time = 0};
      if (is_there(cursor)) ++active_;
    }
  }

  uint32_t fill(uint32_t most) {
    while (count_ < most && active_ != 0) {
      const uint32_t first = earliest();
      // As long as no other stripe's record is older.
      while (count_ < most && cursors_[first].time <= next_) {
        Cursor& cursor = cursors_[first];
        take(cursor);
        if (is_there(cursor)) continue;
        cursor = cursors_[--active_];
        break;
      }
    }
    return count_;
  }

 private:
  const uint64_t* run_of(const Cursor& cursor) const {
    // Not more than the region has, whatever becomes of the memory that the cursor is in.
    const auto stripe = static_cast<uint32_t>(cursor.stripe);
    return runs_.of(stripe < runs_.overflow ? stripe : runs_.overflow);
  }

  const uint64_t* slot(const Cursor& cursor) const {
    return run_of(cursor) + records::kSlots + (cursor.at & (shape_.capacity() - 1)) * shape_.slot();
  }

  /// Whether the cursor has a record for this drain. Its time may be that of one that is just being written over:
  /// take() finds out.
  bool is_there(Cursor& cursor) {
    if (static_cast<int64_t>(cursor.end - cursor.at) <= 0) return false;
    cursor.time = load(slot(cursor) + records::kTime);
    return cursor.time <= horizon_ || cursor.time > later_;
  }

  /// @return the cursor of the oldest record; next_ is the time of the oldest one of the others
  uint32_t earliest() {
    uint32_t first = 0;
    next_ = ~UINT64_C(0);
    for (uint32_t i = 1; i < active_; ++i) {
      const bool is_earlier = cursors_[i].time < cursors_[first].time;
      const uint64_t other = cursors_[is_earlier ? first : i].time;
      if (other < next_) next_ = other;
      if (is_earlier) first = i;
    }
    return first;
  }

  /// Copies the record, unless it turns out to be written over; then the next one that is whole is next.
  void take(Cursor& cursor) {
    const uint64_t* from = slot(cursor);
    uint64_t* to = out_ + size_t{count_} * (kOutPayload + shape_.payload());
    uint64_t length = shape_.size();
    if (shape_.is_bytes() && load(from + records::kLength) < length) length = load(from + records::kLength);
    const auto size = static_cast<uint32_t>(length);
    const uint32_t words = shape_.is_bytes() ? Shape::words_of(size) : size;
    for (uint32_t i = 0; i < words; ++i) to[kOutPayload + i] = load(from + shape_.before() + i);
    if (shape_.overwrites()) {
      // The fence pairs with the writer's between the commit that makes the head `at + capacity` and the first
      // word that it then writes here: whoever has read such a word sees that head.
      __atomic_thread_fence(__ATOMIC_ACQUIRE);
      const uint64_t head = load(run_of(cursor) + records::kHead);
      if (head - cursor.at >= shape_.capacity()) {
        // Forward, whatever the head says.
        const uint64_t oldest = head - shape_.readable();
        cursor.at = static_cast<int64_t>(oldest - cursor.at) > 0 ? oldest : cursor.at + 1;
        return;
      }
    }
    to[kOutCpu] = bits_of(cursor.stripe == runs_.overflow ? -1.0 : static_cast<double>(cursor.stripe));
    to[kOutTime] = bits_of(static_cast<double>(cursor.time));
    to[kOutPosition] = cursor.at;
    to[kOutLength] = bits_of(static_cast<double>(length));
    ++cursor.at;
    ++count_;
  }

  const Runs& runs_;
  Shape shape_;
  uint64_t horizon_;
  uint64_t later_;
  Cursor* cursors_;
  uint64_t* out_;
  uint32_t active_ = 0;
  uint32_t count_ = 0;
  uint64_t next_ = 0;
};

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
  __atomic_store_n(run + records::kTails + (turn & 1), before.tail + moved, __ATOMIC_RELAXED);
  __atomic_store_n(run + records::kLosses + (turn & 1), before.lost + moved - consumed.count, __ATOMIC_RELAXED);
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
  uint64_t owner = 0;
  if (!__atomic_compare_exchange_n(consumer, &owner, self, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
    // A dead one's is taken over, by one of those who find it.
    if (region::owners::lives(region, owner) ||
        !__atomic_compare_exchange_n(consumer, &owner, self, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      return region::kConsumer;
    }
  }
  const State state(scratch.state);
  const bool is_timed = runs.shape.is_timed();
  *state.horizon = is_timed ? clock::now_first() : 0;
  for (uint32_t stripe = 0; stripe <= runs.overflow; ++stripe) {
    uint64_t* run = runs.of(stripe);
    const uint64_t tail = Progress(run).tail;
    if (load(run + records::kLimit) != tail) store_last(run + records::kLimit, tail);
    state.ends(runs.overflow)[stripe] = load_first(run + records::kHead);
  }
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
    const double cpu = of_bits(record[kOutCpu]);
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
  for (uint32_t stripe = 0; stripe <= runs.overflow; ++stripe) {
    const uint64_t* run = runs.of(stripe);
    const Progress progress(run);
    // After the tail, so that it is not before it.
    const uint64_t head = load_first(run + records::kHead);
    const uint64_t pending = readable(runs.shape, head, progress.tail);
    counts.written += head;
    counts.discarded += load(run + records::kDiscarded);
    counts.overwritten += progress.lost + (head - progress.tail - pending);
    counts.pending += pending;
  }
  return counts;
}

}  // namespace rseq::drain
