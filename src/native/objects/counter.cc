#include "objects/counter.h"

#include <bit>

namespace rseq::counter {
namespace {

using region::Reading;

void add_overflow(uint32_t number, int64_t n) {
  const arena::Stripes& all = arena::stripes;
  __atomic_fetch_add(all.cell<int64_t>(all.count, number), n, __ATOMIC_RELAXED);
}

void add_overflow(uint32_t number, double x) {
  const arena::Stripes& all = arena::stripes;
  auto* cell = all.cell<uint64_t>(all.count, number);
  uint64_t bits = __atomic_load_n(cell, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(cell, &bits, std::bit_cast<uint64_t>(std::bit_cast<double>(bits) + x),
                                      true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}

template <typename T>
void add_with_retries(uint32_t id, T amount) {
  const uint32_t number = id & ~region::kByMmCid;
  if (number >= __atomic_load_n(&arena::stripes.limit, __ATOMIC_ACQUIRE)) return;
  abi::Area* area = area::current();
  const uint32_t* field = &area->cpu_id;
  if (number != id) {
    // Without mm_cid the field is no id: everything goes to the overflow cell.
    if (!__atomic_load_n(&area::mm_cid_live, __ATOMIC_RELAXED)) return add_overflow(number, amount);
    field = &area->mm_cid;
  }
  const uint32_t stripes = arena::stripes.count;
  // cpu_id as well: of an area that its owner has unregistered, mm_cid says 0.
  for (int i = 0; i < kAttempts && abi::load(&area->cpu_id) < stripes && abi::load(field) < stripes; ++i) {
    const sequences::Outcome outcome = attempt(arena::stripes, area, field, number, amount);
    if (outcome == sequences::Outcome::kCommitted) return;
    if (outcome == sequences::Outcome::kAborted) count_abort(sequences::Section::kAdd);
  }
  add_overflow(number, amount);
}

/// The stripe that a thread was last seen on.
struct Seat {
  explicit Seat(const abi::Area* area)
      : stripe(abi::load(&area->cpu_id)),
        first(stripe < arena::stripes.count ? arena::stripes.cell<int64_t>(stripe, 0) : nullptr) {}

  uint32_t stripe;
  int64_t* first;  ///< its first cell; null where the thread has no stripe
};

/// add() in a loop that looks for its stripe again only where the thread turns out to have left it: a section
/// that finds it elsewhere commits nothing.
template <typename T>
void add_each(const uint32_t* ids, const T* amounts, size_t count) {
  const uint32_t limit = __atomic_load_n(&arena::stripes.limit, __ATOMIC_ACQUIRE);
  abi::Area* area = area::current();
  Seat seat(area);
  for (size_t i = 0; i < count; ++i) {
    const uint32_t id = ids[i];
    const int64_t amount = __atomic_load_n(&amounts[i], __ATOMIC_RELAXED);
    auto outcome = sequences::Outcome::kMoved;
    if (seat.first != nullptr && id < limit) [[likely]] {
      outcome = sequences::add(area, &area->cpu_id, seat.stripe, seat.first + id, amount);
      if (outcome == sequences::Outcome::kCommitted) [[likely]]
        continue;
    }
    add_again(id, amount, outcome == sequences::Outcome::kAborted);
    seat = Seat(area);
  }
}

uint64_t* baseline(uint32_t region, const region::Held& held, uint32_t i) {
  return reinterpret_cast<uint64_t*>(region::cell_of(region, held, region::stripes_of(region) + 1, i));
}

/// Of all cells, the baseline left out.
/// @tparam T  double, or uint64_t, which wraps without being undefined
template <typename T>
T total(const Reading& run, uint32_t i) {
  T sum = 0;
  run.each(i, [&sum](uint64_t cell) { sum += std::bit_cast<T>(cell); });
  return sum;
}

/// Pairs with the release of the exchange in a drain.
uint64_t load_baseline(const uint64_t* place) { return __atomic_load_n(place, __ATOMIC_ACQUIRE); }

uint64_t load_baseline(const Reading& run, uint32_t i) {
  const int64_t* place = run.cell(run.overflow() + 1, i);
  return place == nullptr ? 0 : load_baseline(reinterpret_cast<const uint64_t*>(place));
}

template <typename T>
T sum(const Reading& run, uint32_t i) {
  const uint64_t before = load_baseline(run, i);
  return total<T>(run, i) - std::bit_cast<T>(before);
}

template <typename T>
T sum(uint32_t region, const region::Held& held, uint32_t i) {
  T result = 0;
  region::read_run(region, held, [&](const Reading& run) { result = sum<T>(run, i); });
  return result;
}

template <typename T>
T drain(uint32_t region, const region::Held& held, uint32_t i) {
  const Reading run = {.directory = region::directory_of(region), .held = held, .map = nullptr};
  uint64_t* place = baseline(region, held, i);
  uint64_t before = load_baseline(place);
  for (;;) {
    const T all = total<T>(run, i);
    const T drained = all - std::bit_cast<T>(before);
    if (drained == 0) return 0;
    if (__atomic_compare_exchange_n(place, &before, std::bit_cast<uint64_t>(all), false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
      return drained;
  }
}

}  // namespace

constinit uint64_t aborts[sequences::kSections] = {};

void count_abort(sequences::Section section) {
  __atomic_fetch_add(&aborts[static_cast<int>(section)], 1, __ATOMIC_RELAXED);
}

void add_again(uint32_t id, int64_t n, bool aborted) {
  if (aborted) count_abort(sequences::Section::kAdd);
  add_with_retries(id, n);
}

void add_again(uint32_t id, double x, bool aborted) {
  if (aborted) count_abort(sequences::Section::kAdd);
  add_with_retries(id, x);
}

void add_many(const uint32_t* ids, const int32_t* amounts, size_t count) { add_each(ids, amounts, count); }
void add_many(const uint32_t* ids, const int64_t* amounts, size_t count) { add_each(ids, amounts, count); }

void set_gauge(uint32_t id, double x) {
  const arena::Stripes& all = arena::stripes;
  if (id >= __atomic_load_n(&all.limit, __ATOMIC_ACQUIRE)) return;
  __atomic_store_n(all.cell<uint64_t>(all.count, id), std::bit_cast<uint64_t>(x), __ATOMIC_RELAXED);
}

void add_gauge(uint32_t id, double x) {
  if (id < __atomic_load_n(&arena::stripes.limit, __ATOMIC_ACQUIRE)) add_overflow(id, x);
}

/// From 2^52 on every double is an integer; below, adding 2^52 leaves no room for a fraction.
bool is_safe_integer(double x) {
  constexpr double kTwo52 = 4503599627370496.0;
  constexpr double kMaxSafe = 9007199254740991.0;
  const double magnitude = x < 0 ? -x : x;
  return magnitude < kTwo52 ? (magnitude + kTwo52) - kTwo52 == magnitude : magnitude <= kMaxSafe;
}

void read(uint32_t region, const region::Held& held, uint64_t* out) {
  region::read_run(region, held, [out](const Reading& run) {
    for (uint32_t stripe = 0; stripe <= run.overflow(); ++stripe) out[stripe] = run.load(stripe, 0);
  });
}

int64_t sum_i64(const Reading& run, uint32_t i) { return static_cast<int64_t>(sum<uint64_t>(run, i)); }

double sum_f64(const Reading& run, uint32_t i) { return sum<double>(run, i); }

int64_t sum_i64(uint32_t region, const region::Held& held, uint32_t i) {
  return static_cast<int64_t>(sum<uint64_t>(region, held, i));
}

double sum_f64(uint32_t region, const region::Held& held, uint32_t i) { return sum<double>(region, held, i); }

int64_t drain_i64(uint32_t region, const region::Held& held, uint32_t i) {
  return static_cast<int64_t>(drain<uint64_t>(region, held, i));
}

double drain_f64(uint32_t region, const region::Held& held, uint32_t i) {
  return drain<double>(region, held, i);
}

}  // namespace rseq::counter
