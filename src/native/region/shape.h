/// How a histogram's values are shared out to its buckets, and where its cells are: one shape for each
/// histogram that this process has open. Checked when it is made, then constant, in memory of this process
/// alone.
///
/// Cells of a histogram: what kExtremes says, the sum of the samples that are integers, the sum of the
/// others, and then the buckets.
#pragma once

#include <stdint.h>
#include <string.h>

#include "directory.h"

namespace rseq::shape {

/// The first cells of a run.
enum Cell : uint32_t { kMin, kMax, kIntegers, kFractions, kBuckets };

struct Shape {
  uint32_t cell;     ///< the run's first cell in the arena
  uint32_t buckets;  ///< 0: nobody's
  uint32_t drop;     ///< bits of a double that do not tell buckets apart; 0: buckets go by bounds
  uint32_t count;    ///< bounds
  int64_t base;      ///< bits of `lowest`, without those
  double lowest;
  const double* bounds;  ///< upper ones, inclusive; one bucket more is above all of them
};

inline constexpr uint32_t kMaxShapes = 65536;
inline constexpr uint32_t kMaxBounds = 4096;
inline constexpr uint32_t kMaxPrecision = 14;

#pragma GCC visibility push(hidden)  // reached directly, not through the GOT
/// Those below `limit` can be read.
extern constinit Shape* shapes;
extern constinit uint32_t limit;
#pragma GCC visibility pop

/// Makes a shape of what an entry says, if that is one.
/// @param entry_shape  bits of precision: 2^bits buckets from each power of two to the next; 0: bounds
/// @param extra        doubles: the lowest and the highest value, or the bounds
/// @param cell         in the arena; or region::kNoId
/// @return its number, or a region::Result
int32_t make(uint32_t entry_shape, const region::Bytes& extra, uint32_t cells, uint32_t cell);
void give_back(uint32_t number);

/// Cells that such a histogram takes; 0 where it is none.
uint32_t cells(uint32_t entry_shape, const region::Bytes& extra);

inline int64_t bits_of(double x) {
  int64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

/// The bucket of a finite number.
inline uint32_t bucket(const Shape& shape, double x) {
  if (shape.drop == 0) {
    uint32_t i = 0;
    while (i < shape.count && x > shape.bounds[i]) ++i;
    return i;
  }
  // A double's bits are ordered as the number is, and a power of two apart in the exponent. Both ends of the
  // range count as whole buckets; below the range are 0 and what is negative as a signed number, far above it
  // as unsigned.
  const auto i = static_cast<uint64_t>((bits_of(x) >> shape.drop) - shape.base);
  if (i < shape.buckets - 2) [[likely]]
    return static_cast<uint32_t>(i) + 1;
  return x < shape.lowest ? 0 : shape.buckets - 1;
}

}  // namespace rseq::shape
