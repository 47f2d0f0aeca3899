/// How a histogram's values are shared out to its buckets, and where its cells are: one shape for each
/// histogram that this process has open. Checked when it is made, then constant, in memory of this process
/// alone.
///
/// Cells of a histogram: what kExtremes says, the sum of the samples that are integers, the sum of the
/// others, and then the buckets.
#pragma once

#include <stdint.h>

#include <bit>

#include "objects/numbered.h"
#include "region/directory.h"
#include "region/shared.h"

namespace rseq::shape {

/// The first cells of a run.
enum Cell : uint32_t { kMin, kMax, kIntegers, kFractions, kBuckets };

/// Upper bounds, inclusive; one bucket more is above all of them. Never freed, only taken again for as many
/// at most: a forged number can be that of a shape that is just given back.
struct Bounds {
  uint32_t count;
  uint32_t log2;  ///< of how many there is room for
  Bounds* next;   ///< of those that are nobody's
  double upper[];
};

struct Shape {
  uint64_t run;   ///< its first cell in the arena, and how many buckets it has; 0: nobody's
  uint64_t drop;  ///< bits of a double that do not tell buckets apart; 0: buckets go by bounds
  int64_t base;   ///< bits of `lowest`, without those
  double lowest;
  Bounds* bounds;
};

/// A shape's run, which its other words need not belong to.
struct Run {
  uint64_t word;

  static Run of(uint32_t cell, uint32_t buckets) { return {uint64_t{buckets} << 32 | cell}; }
  bool exists() const { return word != 0; }
  uint32_t cell() const { return static_cast<uint32_t>(word); }
  uint32_t buckets() const { return static_cast<uint32_t>(word >> 32); }
};

/// Histograms that this process can have open, in all regions: as many as a region of the usual size has
/// names.
inline constexpr uint32_t kMaxShapes = 1U << 20;
inline constexpr uint32_t kMaxBounds = 4096;
inline constexpr uint32_t kMaxPrecision = 14;
/// Whoever looks at a histogram has a number for each, touched or not.
inline constexpr uint32_t kMaxBuckets = 1U << 21;

inline constinit region::Numbered<Shape, kMaxShapes> shapes = {};

/// Makes a shape of what an entry says, if that is one.
/// @param entry_shape  bits of precision: 2^bits buckets from each power of two to the next; 0: bounds
/// @param extra        doubles: the lowest and the highest value, or the bounds
/// @param cell         in the arena; or region::kNoId
/// @return its number, or a region::Result
int32_t make(uint32_t entry_shape, const region::Bytes& extra, uint32_t cells, uint32_t cell);
void give_back(uint32_t number);

/// Cells that such a histogram takes; 0 where it is none.
uint32_t cells(uint32_t entry_shape, const region::Bytes& extra);

inline int64_t bits_of(double x) { return std::bit_cast<int64_t>(x); }

inline Run run_of(const Shape* shape) { return {region::load_one(&shape->run)}; }

/// The bucket of a finite number: one of the run's, whatever the shape's other words are.
inline uint32_t bucket(const Shape* shape, Run run, double x) {
  const uint64_t drop = region::load_one(&shape->drop);
  if (drop == 0) [[unlikely]] {  // laid out so
    const Bounds* bounds = __atomic_load_n(&shape->bounds, __ATOMIC_ACQUIRE);
    if (bounds == nullptr) return 0;
    const uint32_t count = region::load_one(&bounds->count);
    const uint32_t last = count < run.buckets() ? count : run.buckets() - 1;
    uint32_t i = 0;
    while (i < last && x > region::load_one(&bounds->upper[i])) ++i;
    return i;
  }
  // A double's bits are ordered as the number is, and a power of two apart in the exponent. Both ends of the
  // range count as whole buckets; below the range are 0 and what is negative as a signed number, far above it
  // as unsigned.
  const auto i = static_cast<uint64_t>((bits_of(x) >> drop) - region::load_one(&shape->base));
  if (i < run.buckets() - 2) [[likely]]
    return static_cast<uint32_t>(i) + 1;
  return x < region::load_one(&shape->lowest) ? 0 : run.buckets() - 1;
}

}  // namespace rseq::shape
