#include "shape.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

namespace rseq::shape {
namespace {

constexpr uint32_t kMantissa = 52;

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/// Behind a free shape's `cell`: 1 + the next free one.
uint32_t free_list = 0;

bool is_finite(double x) { return x - x == 0; }

/// @return false where extra holds no such numbers; `bounds` of the result is extra's own memory
bool read(uint32_t precision, const region::Bytes& extra, Shape* out) {
  const uint32_t count = extra.length / sizeof(double);
  if (extra.length % sizeof(double) != 0 || precision > kMaxPrecision || count > kMaxBounds) return false;
  double numbers[2];
  *out = {};
  if (precision == 0) {
    double before = 0;
    for (uint32_t i = 0; i < count; ++i) {
      memcpy(numbers, static_cast<const char*>(extra.data) + i * sizeof(double), sizeof(double));
      if (!is_finite(numbers[0]) || (i != 0 && numbers[0] <= before)) return false;
      before = numbers[0];
    }
    out->count = count;
    out->buckets = count + 1;
    return count != 0;
  }
  if (count != 2) return false;
  memcpy(numbers, extra.data, sizeof numbers);
  constexpr double kSmallestNormal = 2.2250738585072014e-308;
  if (!is_finite(numbers[1]) || !(numbers[0] >= kSmallestNormal) || !(numbers[1] > numbers[0])) return false;
  out->drop = kMantissa - precision;
  out->base = bits_of(numbers[0]) >> out->drop;
  out->lowest = numbers[0];
  out->buckets = static_cast<uint32_t>((bits_of(numbers[1]) >> out->drop) - out->base) + 3;
  return true;
}

/// With the lock held. @return a number, or −1
int64_t take() {
  if (shapes == nullptr) {
    void* memory = mmap(nullptr, kMaxShapes * sizeof(Shape), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return -1;
    shapes = static_cast<Shape*>(memory);
  }
  if (free_list != 0) {
    const uint32_t number = free_list - 1;
    free_list = shapes[number].cell;
    return number;
  }
  if (limit == kMaxShapes) return -1;
  return limit;
}

}  // namespace

constinit Shape* shapes = nullptr;
constinit uint32_t limit = 0;

uint32_t cells(uint32_t entry_shape, const region::Bytes& extra) {
  Shape shape;
  return read(entry_shape, extra, &shape) ? kBuckets + shape.buckets : 0;
}

int32_t make(uint32_t entry_shape, const region::Bytes& extra, uint32_t cells, uint32_t cell) {
  // A copy first: another process may write to what is checked.
  void* copied = malloc(extra.length != 0 ? extra.length : 1);
  if (copied == nullptr) return region::kNoMemory;
  memcpy(copied, extra.data, extra.length);
  Shape shape;
  if (!read(entry_shape, {copied, extra.length}, &shape) || kBuckets + shape.buckets != cells) {
    free(copied);
    return region::kDamaged;
  }
  shape.cell = cell;
  shape.bounds = static_cast<const double*>(copied);
  pthread_mutex_lock(&lock);
  const int64_t number = take();
  if (number >= 0) {
    shapes[number] = shape;
    if (number == limit) __atomic_store_n(&limit, limit + 1, __ATOMIC_RELEASE);
  }
  pthread_mutex_unlock(&lock);
  if (number >= 0) return static_cast<int32_t>(number);
  free(copied);
  return region::kFull;
}

void give_back(uint32_t number) {
  pthread_mutex_lock(&lock);
  Shape& shape = shapes[number];
  free(const_cast<double*>(shape.bounds));
  shape = {};
  shape.cell = free_list;
  free_list = number + 1;
  pthread_mutex_unlock(&lock);
}

}  // namespace rseq::shape
