/// What a ring of records is: its cells, as constants, and what an entry's shape says of them. A ring is a
/// run that is the same in each stripe: its writers' numbers, its consumer's, and the slots, one record each.
///
/// Everything in the cells but their place can be hostile. So a position becomes a slot by `& (capacity − 1)`
/// alone, which is in bounds whatever the position is.
#pragma once

#include "objects/numbered.h"

namespace rseq::records {

/// Cells of a cache line. The run is longer by one cell less, so that it has lines wherever it begins.
inline constexpr uint32_t kLine = 8;

/// Cells, from the run's first line on.
enum Cell : uint32_t {
  // Of the stripe's writers.
  kHead,       ///< records that were ever committed here
  kDiscarded,  ///< records that found no room
  // Of the consumer alone.
  kLimit = kLine,        ///< the tail, as writers look at it
  kTurn,                 ///< odd or even: which of the pairs below holds
  kTails,                ///< records that were ever consumed or lost here
  kLosses = kTails + 2,  ///< … lost: written over before they were read
  // In the overflow stripe alone: owner words.
  kWriter = 2 * kLine,  ///< who writes
  kConsumer,            ///< who drains
  kSlots = 3 * kLine,
};

/// A slot: the time, of byte records the length, and what was written.
enum Word : uint32_t { kTime, kLength };

inline constexpr uint32_t kMaxFields = 4;
inline constexpr uint32_t kMaxBytes = 4096;
inline constexpr uint32_t kMaxWords = 2 + kMaxBytes / sizeof(uint64_t);

/// An entry's shape:
///
///     31 … 21  20          19         18          17 … 5              4 … 0
///     0        timestamps  overwrite  of bytes    fields, or bytes    log₂ of the capacity
struct Shape {
  uint32_t bits;

  uint32_t log2() const { return bits & 31; }
  uint64_t capacity() const { return UINT64_C(1) << log2(); }
  /// Fields of a record, or the most bytes.
  uint32_t size() const { return bits >> 5 & 0x1fff; }
  bool is_bytes() const { return (bits >> 18 & 1) != 0; }
  bool overwrites() const { return (bits >> 19 & 1) != 0; }
  bool is_timed() const { return (bits >> 20 & 1) != 0; }

  /// Words of what a record holds.
  uint32_t payload() const { return is_bytes() ? words_of(size()) : size(); }
  /// Words before that.
  uint32_t before() const { return is_bytes() ? kLength + 1 : kLength; }
  uint32_t slot() const { return before() + payload(); }
  /// Records of a stripe that can be read. Where writers go on when it is full, the oldest one's slot is
  /// being written over at any time.
  uint64_t readable() const { return capacity() - (overwrites() ? 1 : 0); }
  uint32_t cells() const { return kLine - 1 + kSlots + (slot() << log2()); }

  bool valid() const {
    const uint32_t most = is_bytes() ? kMaxBytes : kMaxFields;
    return bits >> 21 == 0 && log2() >= 1 && log2() <= 16 && size() >= 1 && size() <= most;
  }

  static uint32_t words_of(uint32_t bytes) {
    return (bytes + sizeof(uint64_t) - 1) / static_cast<uint32_t>(sizeof(uint64_t));
  }
};

/// The run's first whole line.
inline uint32_t aligned(uint32_t cell) { return (cell + kLine - 1) / kLine * kLine; }

/// A ring that this process can write to. One word, so that whoever looks at one that is being given back
/// sees all of it, or nothing.
struct Ring {
  uint64_t word;  ///< the first line's number in the arena, the region's, the shape

  static Ring of(Shape shape, uint32_t region, uint32_t cell) {
    return {uint64_t{cell} << 32 | region << 24 | shape.bits};
  }
  bool exists() const { return word != 0; }
  Shape shape() const { return {static_cast<uint32_t>(word) & 0xffffff}; }
  uint32_t region() const { return static_cast<uint32_t>(word) >> 24; }
  uint32_t cell() const { return static_cast<uint32_t>(word >> 32); }
};

/// Rings that this process can have open.
inline constexpr uint32_t kMaxRings = 1U << 16;

/// Hot ids are numbers here.
inline constinit region::Numbered<Ring, kMaxRings> rings = {};

}  // namespace rseq::records
