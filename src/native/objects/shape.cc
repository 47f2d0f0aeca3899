#include "objects/shape.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

namespace rseq::shape {
namespace {

constexpr uint32_t kMantissa = 52;
constexpr uint32_t kLog2OfMost = 12;
static_assert(UINT32_C(1) << kLog2OfMost == kMaxBounds);

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/// Nobody's, by the logarithm of their room.
Bounds* unused[kLog2OfMost + 1] = {};

bool is_finite(double x) { return x - x == 0; }

/// @param out  all zero; the result has no bounds
/// @return false where extra holds no such numbers
bool read(uint32_t precision, const region::Bytes& extra, Shape* out, uint32_t* buckets) {
  const uint32_t count = extra.length / sizeof(double);
  if (extra.length % sizeof(double) != 0 || precision > kMaxPrecision || count > kMaxBounds) return false;
  double numbers[2];
  if (precision == 0) {
    double before = 0;
    for (uint32_t i = 0; i < count; ++i) {
      memcpy(numbers, static_cast<const char*>(extra.data) + i * sizeof(double), sizeof(double));
      if (!is_finite(numbers[0]) || (i != 0 && numbers[0] <= before)) return false;
      before = numbers[0];
    }
    *buckets = count + 1;
    return count != 0;
  }
  if (count != 2) return false;
  memcpy(numbers, extra.data, sizeof numbers);
  constexpr double kSmallestNormal = 2.2250738585072014e-308;
  if (!is_finite(numbers[1]) || !(numbers[0] >= kSmallestNormal) || !(numbers[1] > numbers[0])) return false;
  out->drop = kMantissa - precision;
  out->base = bits_of(numbers[0]) >> out->drop;
  out->lowest = numbers[0];
  *buckets = static_cast<uint32_t>((bits_of(numbers[1]) >> out->drop) - out->base) + 3;
  return *buckets <= kMaxBuckets;
}

/// @return null without memory
Bounds* take(uint32_t count) {
  uint32_t log2 = 0;
  while (UINT32_C(1) << log2 < count) ++log2;
  const region::Guard guard(lock);
  Bounds* bounds = unused[log2];
  if (bounds != nullptr) {
    unused[log2] = bounds->next;
  } else {
    bounds = static_cast<Bounds*>(malloc(sizeof(Bounds) + (sizeof(double) << log2)));
    if (bounds == nullptr) return nullptr;
    bounds->log2 = log2;
  }
  __atomic_store_n(&bounds->count, count, __ATOMIC_RELAXED);
  return bounds;
}

void give_back(Bounds* bounds) {
  if (bounds == nullptr) return;
  const region::Guard guard(lock);
  bounds->next = unused[bounds->log2];
  unused[bounds->log2] = bounds;
}

}  // namespace

uint32_t cells(uint32_t entry_shape, const region::Bytes& extra) {
  Shape shape = {};
  uint32_t buckets = 0;
  return read(entry_shape, extra, &shape, &buckets) ? kBuckets + buckets : 0;
}

int32_t make(uint32_t entry_shape, const region::Bytes& extra, uint32_t cells, uint32_t cell) {
  if (extra.length > kMaxBounds * sizeof(double)) return region::kDamaged;
  // A copy first: another process may write to what is checked.
  Bounds* copied = take(extra.length / sizeof(double));
  if (copied == nullptr) return region::kNoMemory;
  region::store_shared(copied->upper, extra.data, extra.length / sizeof(double) * sizeof(double));
  Shape shape = {};
  uint32_t buckets = 0;
  int32_t result = region::kDamaged;
  if (read(entry_shape, {copied->upper, extra.length}, &shape, &buckets) && kBuckets + buckets == cells) {
    shape.run = Run::of(cell, buckets).word;
    if (shape.drop == 0) shape.bounds = copied;
    result = shapes.put(shape);
  }
  if (result < 0 || shape.bounds == nullptr) give_back(copied);
  return result;
}

void give_back(uint32_t number) {
  Bounds* bounds = shapes.at(number).bounds;
  shapes.give_back(number);
  give_back(bounds);
}

}  // namespace rseq::shape
