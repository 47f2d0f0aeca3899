#include "counter.h"

namespace rseq::counter {
namespace {

uint64_t load_bits(region::Id id, uint32_t stripe) {
  return __atomic_load_n(region::stripes.cell<uint64_t>(stripe, id & ~region::kByMmCid), __ATOMIC_RELAXED);
}

double as_double(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

uint64_t as_bits(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

void add_overflow(region::Id id, int64_t n) {
  __atomic_fetch_add(region::stripes.cell<int64_t>(region::stripes.count, id), n, __ATOMIC_RELAXED);
}

void add_overflow(region::Id id, double x) {
  auto* cell = region::stripes.cell<uint64_t>(region::stripes.count, id);
  uint64_t bits = __atomic_load_n(cell, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(cell, &bits, as_bits(as_double(bits) + x), true, __ATOMIC_RELAXED,
                                      __ATOMIC_RELAXED)) {
  }
}

void count_abort() { __atomic_fetch_add(&aborts, 1, __ATOMIC_RELAXED); }

template <typename T>
void add_with_retries(region::Id id, T amount) {
  abi::Area* area = area::current();
  const uint32_t* field = &area->cpu_id;
  if ((id & region::kByMmCid) != 0) {
    id &= ~region::kByMmCid;
    // Without mm_cid the field is no id: everything goes to the overflow cell.
    if (!__atomic_load_n(&area::mm_cid_live, __ATOMIC_RELAXED)) return add_overflow(id, amount);
    field = &area->mm_cid;
  }
  for (int i = 0; i < kAttempts && abi::load(field) < region::stripes.count; ++i) {
    const sequences::Outcome outcome = attempt(region::stripes, area, field, id, amount);
    if (outcome == sequences::Outcome::kCommitted) return;
    if (outcome == sequences::Outcome::kAborted) count_abort();
  }
  add_overflow(id, amount);
}

/// The stripe that a thread was last seen on.
struct Seat {
  explicit Seat(const abi::Area* area)
      : stripe(abi::load(&area->cpu_id)),
        first(stripe < region::stripes.count ? region::stripes.cell<char>(stripe, 0) : nullptr) {}

  uint32_t stripe;
  char* first;  ///< its first cell; null where the thread has no stripe
};

/// add() in a loop that looks for its stripe again only where the thread turns out to have left it: a section
/// that finds it elsewhere commits nothing.
template <typename T>
void add_each(const region::Id* ids, const T* amounts, size_t count) {
  abi::Area* area = area::current();
  Seat seat(area);
  for (size_t i = 0; i < count; ++i) {
    const region::Id id = ids[i];
    const auto amount = static_cast<int64_t>(amounts[i]);
    auto outcome = sequences::Outcome::kMoved;
    if (seat.first != nullptr && (id & region::kByMmCid) == 0) [[likely]] {
      auto* cell = reinterpret_cast<int64_t*>(seat.first + id);
      outcome = sequences::add(area, &area->cpu_id, seat.stripe, cell, amount);
      if (outcome == sequences::Outcome::kCommitted) [[likely]]
        continue;
    }
    add_again(id, amount, outcome == sequences::Outcome::kAborted);
    seat = Seat(area);
  }
}

/// An integer of at most 53 bits. From 2^52 on every double is an integer; below, adding 2^52 leaves no room
/// for a fraction.
bool is_safe_integer(double x) {
  constexpr double kTwo52 = 4503599627370496.0;
  constexpr double kMaxSafe = 9007199254740991.0;
  const double magnitude = x < 0 ? -x : x;
  return magnitude < kTwo52 ? (magnitude + kTwo52) - kTwo52 == magnitude : magnitude <= kMaxSafe;
}

}  // namespace

constinit uint64_t aborts = 0;

void add_again(region::Id id, int64_t n, bool aborted) {
  if (aborted) count_abort();
  add_with_retries(id, n);
}

void add_again(region::Id id, double x, bool aborted) {
  if (aborted) count_abort();
  add_with_retries(id, x);
}

void add_many(const region::Id* ids, const int32_t* amounts, size_t count) { add_each(ids, amounts, count); }

bool add_many(const region::Id* ids, const double* amounts, size_t count) {
  bool safe = true;
  for (size_t i = 0; i < count; ++i) safe &= is_safe_integer(amounts[i]);
  if (safe) add_each(ids, amounts, count);
  return safe;
}

void read(region::Id id, uint64_t* out) {
  for (uint32_t stripe = 0; stripe <= region::stripes.count; ++stripe) out[stripe] = load_bits(id, stripe);
}

int64_t sum_i64(region::Id id) {
  uint64_t sum = 0;  // unsigned: wraps without being undefined
  for (uint32_t stripe = 0; stripe <= region::stripes.count; ++stripe) sum += load_bits(id, stripe);
  return static_cast<int64_t>(sum);
}

double sum_f64(region::Id id) {
  double sum = 0;
  for (uint32_t stripe = 0; stripe <= region::stripes.count; ++stripe)
    sum += as_double(load_bits(id, stripe));
  return sum;
}

}  // namespace rseq::counter
