#include "objects/histogram.h"

namespace rseq::histogram {
namespace {

using sequences::Outcome;
using shape::Run;
using shape::Shape;

constexpr uint64_t kSign = UINT64_C(1) << 63;

/// A word that is the larger the larger the number is; neither 0 nor its complement is one of a finite
/// number. So the complement is larger the smaller the number is: what the smallest sample is kept as.
inline uint64_t key_of(double x) {
  const int64_t bits = shape::bits_of(x);
  return static_cast<uint64_t>(bits) ^ (static_cast<uint64_t>(bits >> 63) | kSign);
}

double of_key(uint64_t key) { return std::bit_cast<double>((key & kSign) != 0 ? key & ~kSign : ~key); }

uint64_t load(const uint64_t* cell) { return __atomic_load_n(cell, __ATOMIC_RELAXED); }

/// *cell = max(*cell, key), on the calling thread's stripe or the overflow stripe.
[[gnu::noinline]] void raise(uint32_t number, uint64_t key) {
  abi::Area* area = area::current();
  const arena::Stripes& all = arena::stripes;
  for (int i = 0; i < counter::kAttempts; ++i) {
    const uint32_t stripe = abi::load(&area->cpu_id);
    if (stripe >= all.count) break;
    auto* cell = all.cell<uint64_t>(stripe, number);
    const uint64_t known = load(cell);
    if (known >= key) return;
    const auto outcome = sequences::compare_store(area, &area->cpu_id, stripe, cell, known, key);
    if (outcome == Outcome::kCommitted) return;
    if (outcome == Outcome::kAborted) counter::count_abort(sequences::Section::kCompareStore);
  }
  auto* cell = all.cell<uint64_t>(all.count, number);
  uint64_t known = load(cell);
  while (known < key &&
         !__atomic_compare_exchange_n(cell, &known, key, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}

/// Extremes that hold the sample on one stripe do so for all: a look at a stripe that the thread has left
/// meanwhile is as good as one at its own.
inline bool holds(const int64_t* run, uint64_t key) {
  const auto* extremes = reinterpret_cast<const uint64_t*>(run);
  return load(extremes + shape::kMin) >= ~key && load(extremes + shape::kMax) >= key;
}

inline bool is_integer(double x) {
  constexpr double kMaxSafe = 9007199254740991.0;
  return __builtin_fabs(x) <= kMaxSafe && static_cast<double>(static_cast<int64_t>(x)) == x;
}

void add_sum(uint32_t first, double x, int64_t times) {
  int64_t product = 0;
  if (is_integer(x) && !__builtin_mul_overflow(static_cast<int64_t>(x), times, &product)) {
    counter::add_again(first + shape::kIntegers, product, false);
  } else {
    counter::add_again(first + shape::kFractions, x * static_cast<double>(times), false);
  }
}

/// record() for threads whose area is not libc's, and for extremes that grow.
[[gnu::noinline]] void record_slowly(const Shape* shape, double x, int64_t times) {
  const Run run = shape::run_of(shape);
  if (!run.exists()) return;
  raise(run.cell() + shape::kMin, ~key_of(x));
  raise(run.cell() + shape::kMax, key_of(x));
  counter::add_again(run.cell() + shape::kBuckets + shape::bucket(shape, run, x), times, false);
  add_sum(run.cell(), x, times);
}

/// record() where the bucket's section did not commit.
[[gnu::noinline]] void record_again(const Shape* shape, double x, bool aborted) {
  const Run run = shape::run_of(shape);
  if (!run.exists()) return;
  counter::add_again(run.cell() + shape::kBuckets + shape::bucket(shape, run, x), INT64_C(1), aborted);
  add_sum(run.cell(), x, 1);
}

/// The usual case stands alone, without a stack frame, as in counter::add(): two sections on the stripe that
/// the thread was seen on, of which each finds out by itself if it has left.
/// @param add_to_sum  (area, stripe, run, its first cell)
template <typename AddSum>
RSEQ_SECTION void record_with(uint32_t id, double x, AddSum add_to_sum) {
  const Shape* shape = shape::shapes.place(id);
  const Run of_shape = shape::run_of(shape);
  if (!of_shape.exists()) [[unlikely]]
    return;
  const int64_t offset = __atomic_load_n(&area::libc_offset, __ATOMIC_RELAXED);
  const arena::Stripes stripes = arena::copy();
  auto* area = reinterpret_cast<abi::Area*>(abi::thread_pointer() + offset);
  // Without an area of libc's the thread pointer's own memory is looked at: readable, and not used.
  const uint32_t stripe = abi::load(&area->cpu_id);
  if (offset == 0 || stripe >= stripes.count) [[unlikely]]
    return record_slowly(shape, x, 1);
  auto* run = stripes.cell<int64_t>(stripe, of_shape.cell());
  if (!holds(run, key_of(x))) [[unlikely]]
    return record_slowly(shape, x, 1);
  int64_t* bucket = run + shape::kBuckets + shape::bucket(shape, of_shape, x);
  const Outcome counted = sequences::add(area, &area->cpu_id, stripe, bucket, INT64_C(1));
  if (counted != Outcome::kCommitted) [[unlikely]]
    return record_again(shape, x, counted == Outcome::kAborted);
  add_to_sum(area, stripe, run, of_shape.cell());
}

/// One add to a cell of the run; counter::add()'s other ways where it does not commit.
template <typename T>
RSEQ_SECTION void add_on(abi::Area* area, uint32_t stripe, int64_t* run, uint32_t first, shape::Cell which,
                         T amount) {
  const Outcome added =
      sequences::add(area, &area->cpu_id, stripe, reinterpret_cast<T*>(run + which), amount);
  if (added != Outcome::kCommitted) [[unlikely]]
    counter::add_again(first + which, amount, added == Outcome::kAborted);
}

}  // namespace

void record(uint32_t id, int32_t n) {
  record_with(id, n, [n](abi::Area* area, uint32_t stripe, int64_t* run, uint32_t first) {
    add_on(area, stripe, run, first, shape::kIntegers, int64_t{n});
  });
}

void record(uint32_t id, double x) {
  record_with(id, x, [x](abi::Area* area, uint32_t stripe, int64_t* run, uint32_t first) {
    if (is_integer(x)) {
      add_on(area, stripe, run, first, shape::kIntegers, static_cast<int64_t>(x));
    } else {
      add_on(area, stripe, run, first, shape::kFractions, x);
    }
  });
}

void record_times(uint32_t id, double x, int64_t times) {
  if (times != 0) record_slowly(shape::shapes.place(id), x, times);
}

uint32_t out_size(const region::Held& held) { return kOutBuckets + held.cells - shape::kBuckets; }

namespace {

/// The largest of what each stripe says, of what lies in no hole.
/// @param key  (a cell) → what is in it
template <typename Key>
uint64_t highest_of(const region::Reading& run, uint32_t which, Key key) {
  uint64_t highest = 0;
  run.each_place(which, [&](int64_t* cell) {
    const auto one = static_cast<uint64_t>(key(cell));
    if (one > highest) highest = one;
  });
  return highest;
}

/// What read() fills, of what the run's cells say.
/// @param key       (a cell) → what is in it: of an extreme
/// @param integers  (i) → a cell's sum, and
/// @param fraction  (i) → one that is no integer
template <typename Key, typename Integers, typename Fraction>
void fill(const region::Reading& run, double* out, Key key, Integers count, Fraction fraction) {
  const uint64_t min = highest_of(run, shape::kMin, key);
  const uint64_t max = highest_of(run, shape::kMax, key);
  out[kOutMin] = min == 0 ? __builtin_nan("") : of_key(~min);
  out[kOutMax] = max == 0 ? __builtin_nan("") : of_key(max);
  const int64_t integers = count(shape::kIntegers);
  out[kOutIntegersHigh] = static_cast<double>(integers >> 32);
  out[kOutIntegersLow] = static_cast<double>(static_cast<uint32_t>(integers));
  out[kOutFractions] = fraction(shape::kFractions);
  for (uint32_t i = shape::kBuckets; i < run.held.cells; ++i) {
    out[kOutBuckets + i - shape::kBuckets] = static_cast<double>(count(i));
  }
}

/// Of what nobody has touched in any stripe nothing is drained, and it stays so.
void drain_into(uint32_t region, const region::Reading& run, double* out) {
  const region::Held& held = run.held;
  const auto is_nowhere = [&](uint32_t i) {
    return run.map != nullptr && run.map->is_nowhere(held.cell + i);
  };
  fill(
      run, out, [](int64_t* cell) { return __atomic_exchange_n(cell, 0, __ATOMIC_RELAXED); },
      [&](uint32_t i) { return is_nowhere(i) ? 0 : counter::drain_i64(region, held, i); },
      [&](uint32_t i) { return is_nowhere(i) ? 0 : counter::drain_f64(region, held, i); });
}

}  // namespace

void read(const region::Reading& run, double* out) {
  fill(
      run, out, [](const int64_t* cell) { return __atomic_load_n(cell, __ATOMIC_RELAXED); },
      [&](uint32_t i) { return counter::sum_i64(run, i); },
      [&](uint32_t i) { return counter::sum_f64(run, i); });
}

void read(uint32_t region, const region::Held& held, bool drain, double* out) {
  if (!drain) return region::read_run(region, held, [&](const region::Reading& run) { read(run, out); });
  const region::Directory& directory = region::directory_of(region);
  const bool has_holes = directory.may_have_holes(held.cell, held.cells);
  // Else replaced pages would be drained.
  if (has_holes) region::fault::heal(region);
  const region::holes::Map map(directory, held.cell, has_holes ? held.cells : 0);
  drain_into(region, {.directory = directory, .held = held, .map = has_holes ? &map : nullptr}, out);
}

void merge(const region::Held& held, const double* cells) {
  const Run run = shape::run_of(shape::shapes.place(held.id));
  if (!run.exists() || out_size(held) != kOutBuckets + run.buckets()) return;
  if (cells[kOutMin] <= cells[kOutMax]) {
    raise(run.cell() + shape::kMin, ~key_of(cells[kOutMin]));
    raise(run.cell() + shape::kMax, key_of(cells[kOutMax]));
  }
  for (uint32_t i = 0; i < run.buckets(); ++i) {
    const double n = cells[kOutBuckets + i];
    if (n != 0 && counter::is_safe_integer(n))
      counter::add_again(run.cell() + shape::kBuckets + i, static_cast<int64_t>(n), false);
  }
  const double high = cells[kOutIntegersHigh];
  const double low = cells[kOutIntegersLow];
  constexpr double kHalf = 4294967296.0;
  if (high >= -kHalf / 2 && high < kHalf / 2 && low >= 0 && low < kHalf) {
    const uint64_t word = static_cast<uint64_t>(static_cast<int64_t>(high)) << 32;
    counter::add_again(run.cell() + shape::kIntegers, static_cast<int64_t>(word + static_cast<uint64_t>(low)),
                       false);
  }
  if (cells[kOutFractions] != 0)
    counter::add_again(run.cell() + shape::kFractions, cells[kOutFractions], false);
}

}  // namespace rseq::histogram
