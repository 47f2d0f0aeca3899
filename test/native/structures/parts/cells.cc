/// Counters and gauges by one thread on one CPU: which cell an add goes to, and which numbers are nobody's.
#include <math.h>

#include "harness.h"
#include "kernel/kernel.h"
#include "objects/counter.h"

namespace structures {
namespace {

namespace abi = rseq::abi;
namespace counter = rseq::counter;

/// The cells' bits, that of the overflow stripe last.
std::vector<uint64_t> cells_of(const Opened& one) {
  std::vector<uint64_t> out(region::stripes_of(one.region) + 1);
  counter::read(one.region, one.held, out.data());
  return out;
}

void add_each_way(uint32_t here) {
  const Opened integers = make(region::kProcess, region::Kind::kCounter, "");
  const Opened numbers = make(region::kProcess, region::Kind::kSum, "");
  const uint32_t id = integers.held.id;
  int64_t expected = 0;
  const auto went_here = [&](const char* what, int64_t amount) {
    expected += amount;
    const std::vector<uint64_t> cells = cells_of(integers);
    const auto found = static_cast<int64_t>(has_sections() ? cells[here] : cells.back());
    expect(found == expected, what, found, expected);
    const int64_t sum = counter::sum_i64(integers.region, integers.held);
    expect(sum == expected, "their sum", sum, expected);
  };
  counter::add(id, INT64_C(3));
  went_here("added", 3);
  counter::add_again(id, INT64_C(4), false);
  went_here("added again", 4);
  const uint32_t ids[] = {id, id, region::kNoId, id};
  const int64_t amounts[] = {5, 70, 900, -2};
  const int32_t small[] = {1, 2, 4, 8};
  counter::add_many(ids, amounts, 4);
  went_here("many", 73);
  counter::add_many(ids, small, 4);
  went_here("many small ones", 11);
  counter::add_many(ids, small, 0);
  went_here("none", 0);
  expect(counter::drain_i64(integers.region, integers.held) == expected, "drained");
  expect(counter::drain_i64(integers.region, integers.held) == 0, "drained twice");
  expect(counter::sum_i64(integers.region, integers.held) == 0, "left");
  counter::add(numbers.held.id, 0.5);
  counter::add_again(numbers.held.id, -2.0, false);
  expect(counter::sum_f64(numbers.region, numbers.held) == -1.5, "a sum");
  expect(counter::drain_f64(numbers.region, numbers.held) == -1.5, "a sum drained");
  expect(counter::drain_f64(numbers.region, numbers.held) == 0, "a sum drained twice");
  close(integers);
  close(numbers);
}

/// To the cell of the thread's mm_cid, which is not always that of its CPU.
void add_by_mm_cid(uint32_t here) {
  const Opened one = make(region::kProcess, region::Kind::kCounter, "");
  abi::Area* area = rseq::area::current();
  const bool is_live = rseq::area::mm_cid_live;
  uint32_t cid = 0;
  // Until it has not changed meanwhile.
  for (int64_t before = 0, adds = 0; adds < 1000; ++adds) {
    cid = abi::load(&area->mm_cid);
    before = is_live ? *region::cell_of(one.region, one.held, cid, 0) : 0;
    counter::add(one.held.id | region::kByMmCid, INT64_C(1));
    if (!is_live || abi::load(&area->mm_cid) != cid) continue;
    const int64_t after = *region::cell_of(one.region, one.held, cid, 0);
    expect(after == before + 1, "added by mm_cid", after, before + 1);
  }
  const std::vector<uint64_t> cells = cells_of(one);
  if (!is_live)
    expect(cells.back() == 1000, "added without mm_cid", static_cast<int64_t>(cells.back()), 1000);
  if (is_live && cid != here) expect(cells[here] == 0, "added by CPU", static_cast<int64_t>(cells[here]));
  expect(counter::sum_i64(one.region, one.held) == 1000, "all by mm_cid");
  close(one);
}

/// Whoever has registered the area can unregister it. From then on it has no CPU, but a mm_cid of 0.
void add_without_area() {
  const rseq::area::State state = rseq::area::settle();
  if (!state.sections) return;
  const Opened one = make(region::kProcess, region::Kind::kCounter, "");
  expect(rseq::kernel::rseq(state.area, state.registered_size, abi::kUnregisterFlag) == 0, "unregistered");
  counter::add(one.held.id, INT64_C(1));
  counter::add(one.held.id | region::kByMmCid, INT64_C(2));
  const int64_t amount = 4;
  counter::add_many(&one.held.id, &amount, 1);
  const auto found = static_cast<int64_t>(cells_of(one).back());
  expect(found == 7, "added without an area", found, 7);
  expect(rseq::kernel::rseq(state.area, state.registered_size, 0) == 0, "registered again");
  close(one);
}

void set_gauges() {
  const Opened gauge = make(region::kProcess, region::Kind::kGauge, "");
  counter::set_gauge(gauge.held.id, 2.5);
  counter::add_gauge(gauge.held.id, -4);
  expect(counter::sum_f64(gauge.region, gauge.held) == -1.5, "a gauge");
  close(gauge);
}

/// The first one is memory that nobody can write to.
void ignore_nobody() {
  for (const uint32_t id : {rseq::arena::stripes.limit, region::kByMmCid - 1, region::kNoId}) {
    counter::add(id, INT64_C(1));
    counter::add(id, 1.0);
    counter::add_again(id, INT64_C(1), false);
    counter::set_gauge(id, 1);
    counter::add_gauge(id, 1);
    const int64_t amount = 1;
    counter::add_many(&id, &amount, 1);
  }
}

void tell_integers() {
  constexpr double kTwo52 = 4503599627370496.0;
  for (const double x : {0.0, 1.0, 5.0, kTwo52 - 1, kTwo52, kTwo52 + 1, 2 * kTwo52 - 1})
    expect(counter::is_safe_integer(x) && counter::is_safe_integer(-x), "a safe integer", llround(x));
  for (const double x : {0.5, 1.5, kTwo52 - 0.5, 2 * kTwo52, 1e300, HUGE_VAL, static_cast<double>(NAN)})
    expect(!counter::is_safe_integer(x) && !counter::is_safe_integer(-x), "none");
}

}  // namespace

void count_alone() {
  on_threads(1, [](uint32_t) {
    // Not the first one, whose number many things have.
    const uint32_t here = stay_on_last();
    add_each_way(here);
    add_by_mm_cid(here);
    add_without_area();
    set_gauges();
    ignore_nobody();
    tell_integers();
  });
  if (!has_sections())
    for (const uint64_t count : counter::aborts)
      expect(count == 0, "aborts without sections", static_cast<int64_t>(count));
  operations += 50;
}

}  // namespace structures
