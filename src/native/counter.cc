#include "counter.h"

namespace rseq::counter {
namespace {

uint64_t load_bits(region::Id id, uint32_t stripe) {
  return __atomic_load_n(region::cell<uint64_t>(stripe, id & ~region::kByMmCid), __ATOMIC_RELAXED);
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
  __atomic_fetch_add(region::cell<int64_t>(region::stripes, id), n, __ATOMIC_RELAXED);
}

void add_overflow(region::Id id, double x) {
  auto* cell = region::cell<uint64_t>(region::stripes, id);
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
  for (int i = 0; i < kAttempts && abi::load(field) < region::stripes; ++i) {
    const sequences::Outcome outcome = attempt(area, field, id, amount);
    if (outcome == sequences::Outcome::kCommitted) return;
    if (outcome == sequences::Outcome::kAborted) count_abort();
  }
  add_overflow(id, amount);
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

void read(region::Id id, uint64_t* out) {
  for (uint32_t stripe = 0; stripe <= region::stripes; ++stripe) out[stripe] = load_bits(id, stripe);
}

int64_t sum_i64(region::Id id) {
  uint64_t sum = 0;  // unsigned: wraps without being undefined
  for (uint32_t stripe = 0; stripe <= region::stripes; ++stripe) sum += load_bits(id, stripe);
  return static_cast<int64_t>(sum);
}

double sum_f64(region::Id id) {
  double sum = 0;
  for (uint32_t stripe = 0; stripe <= region::stripes; ++stripe) sum += as_double(load_bits(id, stripe));
  return sum;
}

}  // namespace rseq::counter
