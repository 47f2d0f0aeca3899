/// What copies a ring's records out: of all stripes, in order of their time.
#pragma once

#include <bit>

#include "objects/drain.h"
#include "objects/records.h"
#include "region/reading.h"

namespace rseq::drain {

using records::Shape;

inline uint64_t load(const uint64_t* cell) { return __atomic_load_n(cell, __ATOMIC_RELAXED); }
inline uint64_t load_first(const uint64_t* cell) { return __atomic_load_n(cell, __ATOMIC_ACQUIRE); }

/// A ring's runs in a region's stripes.
struct Runs {
  Runs(uint32_t region, const region::Held& held)
      : shape{held.form}, region(region), held(held), overflow(region::stripes_of(region)) {}

  uint64_t* of(uint32_t stripe) const {
    const uint32_t skipped = records::aligned(held.cell) - held.cell;
    return reinterpret_cast<uint64_t*>(region::cell_of(region, held, stripe, skipped));
  }

  /// Calls work(stripe, run) for each stripe that has something; elsewhere all is 0, and in a hole.
  template <typename Work>
  void each(const Work& work) const {
    const uint32_t head = records::aligned(held.cell) + records::kHead;
    region::fault::heal(region);
    const region::holes::Map map(region::directory_of(region), head, 1);
    for (uint32_t stripe = 0; stripe <= overflow; ++stripe)
      if (map.has(stripe, head)) work(stripe, of(stripe));
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
    // Others than the consumer may look while it goes on, once or more. Bounded, for a hostile turn never
    // stays.
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
inline uint64_t readable(Shape shape, uint64_t head, uint64_t tail) {
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
      // Nothing was ever written there: it may lie in a hole.
      if (ends[stripe] == 0) continue;
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

  /// Whether the cursor has a record for this drain. Its time may be that of one that is just being written
  /// over: take() finds out.
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
    if (shape_.is_bytes()) {
      // Read once: whoever has the region can write there.
      const uint64_t said = load(from + records::kLength);
      if (said < length) length = said;
    }
    const auto size = static_cast<uint32_t>(length);
    const uint32_t words = shape_.is_bytes() ? Shape::words_of(size) : size;
    for (uint32_t i = 0; i < words; ++i) to[kOutPayload + i] = load(from + shape_.before() + i);
    if (shape_.overwrites()) {
      // The fence pairs with the writer's between the commit that makes the head `at + capacity` and the
      // first word that it then writes here: whoever has read such a word sees that head.
      __atomic_thread_fence(__ATOMIC_ACQUIRE);
      const uint64_t head = load(run_of(cursor) + records::kHead);
      if (head - cursor.at >= shape_.capacity()) {
        // Forward, whatever the head says.
        const uint64_t oldest = head - shape_.readable();
        cursor.at = static_cast<int64_t>(oldest - cursor.at) > 0 ? oldest : cursor.at + 1;
        return;
      }
    }
    to[kOutCpu] =
        std::bit_cast<uint64_t>(cursor.stripe == runs_.overflow ? -1.0 : static_cast<double>(cursor.stripe));
    to[kOutTime] = std::bit_cast<uint64_t>(static_cast<double>(cursor.time));
    to[kOutPosition] = cursor.at;
    to[kOutLength] = std::bit_cast<uint64_t>(static_cast<double>(length));
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

}  // namespace rseq::drain
