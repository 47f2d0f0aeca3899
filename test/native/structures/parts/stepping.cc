/// Each operation by a thread that traps after every instruction: no attempt of it commits, each is counted
/// as aborted, and it ends on the overflow stripe.
#include "harness.h"
#include "objects/counter.h"
#include "objects/drain.h"
#include "objects/histogram.h"
#include "objects/pool.h"
#include "objects/ring.h"
#include "objects/shape.h"
#include "region/owners.h"
#include "steps.h"

namespace structures {

#if STRUCTURES_STEPS

namespace {

namespace counter = rseq::counter;
namespace drain = rseq::drain;
namespace histogram = rseq::histogram;
namespace pool = rseq::pool;
namespace ring = rseq::ring;

/// Aborts by section, in the order of sequences::Section.
struct Aborts {
  int64_t add, compare_store, compare_store_store, append;
};

/// The attempt that stands alone, before the others: only where libc has the areas.
int64_t first() { return rseq::area::libc_offset != 0 ? 1 : 0; }

/// Runs `work` in single steps. @param expected  what it has to add to the counts of aborts
void stepped(const char* what, const Aborts& expected, const std::function<void()>& work,
             const std::function<void()>& then = nullptr) {
  uint64_t before[rseq::sequences::kSections];
  for (int i = 0; i < rseq::sequences::kSections; ++i) before[i] = counter::aborts[i];
  in_steps(work, then);
  const int64_t each[] = {expected.add, expected.compare_store, expected.compare_store_store,
                          expected.append};
  for (int i = 0; i < rseq::sequences::kSections; ++i) {
    const auto found = static_cast<int64_t>(counter::aborts[i] - before[i]);
    expect(found == each[i], what, found, each[i]);
  }
  ++operations;
}

/// Runs `work` in single steps, with what others could do between two of them as often as 2000 times:
/// beyond its attempts, which are all aborted.
void stepped_among(const Aborts& expected, const std::function<void()>& others,
                   const std::function<void()>& work) {
  int turns = 2000;
  stepped("among others", expected, work, [&] {
    if (turns == 0) return;
    --turns;
    others();
  });
}

/// A cell of an object's run, in a stripe.
int64_t cell(const Opened& one, uint32_t stripe, uint32_t which = 0) {
  return *region::cell_of(one.region, one.held, stripe, which);
}

/// … in the overflow stripe.
int64_t overflow(const Opened& one, uint32_t which = 0) {
  return cell(one, region::stripes_of(one.region), which);
}

constexpr int64_t kOthers = counter::kAttempts;

void count_in_steps() {
  const Opened integers = make(region::kProcess, region::Kind::kCounter, "");
  const Opened numbers = make(region::kProcess, region::Kind::kSum, "");
  const uint32_t id = integers.held.id;
  stepped("an add", {first() + kOthers, 0, 0, 0}, [&] { counter::add(id, INT64_C(1)); });
  stepped("a sum", {first() + kOthers, 0, 0, 0}, [&] { counter::add(numbers.held.id, 0.5); });
  stepped("added again", {1 + kOthers, 0, 0, 0}, [&] { counter::add_again(id, INT64_C(10), true); });
  stepped("a sum again", {1 + kOthers, 0, 0, 0}, [&] { counter::add_again(numbers.held.id, 2.0, true); });
  stepped("by mm_cid", {rseq::area::mm_cid_live ? kOthers : 0, 0, 0, 0},
          [&] { counter::add(id | region::kByMmCid, INT64_C(100)); });
  const uint32_t ids[] = {id, id, region::kNoId};
  const int64_t amounts[] = {1000, 2000, 5};
  stepped("many", {2 * (1 + kOthers), 0, 0, 0}, [&] { counter::add_many(ids, amounts, 3); });
  expect(overflow(integers) == 3111, "added in steps", overflow(integers), 3111);
  expect(counter::sum_f64(numbers.region, numbers.held) == 2.5, "summed in steps");
  close(integers);
  close(numbers);
}

/// Exchanges that fail, as another thread was first, are made again.
void contend() {
  Opened contested = make(region::kProcess, region::Kind::kGauge, "");
  int64_t by_others = 0;
  stepped_among(
      {},
      [&] {
        counter::add_gauge(contested.held.id, 1);
        ++by_others;
      },
      [&] { counter::add_gauge(contested.held.id, 0.5); });
  const double gauge = counter::sum_f64(contested.region, contested.held);
  expect(by_others > 0 && gauge == static_cast<double>(by_others) + 0.5, "a gauge among others",
         static_cast<int64_t>(gauge), by_others);
  close(contested);
  contested = make(region::kProcess, region::Kind::kCounter, "");
  by_others = 0;
  int64_t drained = 0;
  int64_t added = 0;
  for (int i = 0; i < 3; ++i) {
    counter::add(contested.held.id, INT64_C(7));
    added += 7;
    stepped_among(
        {}, [&] { by_others += counter::drain_i64(contested.region, contested.held); },
        [&] { drained += counter::drain_i64(contested.region, contested.held); });
  }
  expect(drained + by_others == added, "drained among others", drained + by_others, added);
  close(contested);
  contested = make(region::kProcess, region::Kind::kHistogram, "", 0, {0});
  int64_t* largest = region::cell_of(contested.region, contested.held, region::stripes_of(contested.region),
                                     rseq::shape::kMax);
  // Word by word larger, and far from what is recorded.
  stepped_among(
      {2 * kOthers, 2 * kOthers, 0, 0}, [&] { __atomic_fetch_add(largest, 1, __ATOMIC_RELAXED); },
      [&] { histogram::record(contested.held.id, 5.0); });
  std::vector<double> out(histogram::out_size(contested.held));
  histogram::read(contested.region, contested.held, true, out.data());
  expect(out[histogram::kOutMax] == 5, "an extreme among others");
  close(contested);
}

void record_in_steps(uint32_t here) {
  const Opened one = make(region::kProcess, region::Kind::kHistogram, "", 0, {0, 10});
  const uint32_t id = one.held.id;
  histogram::record(id, int32_t{1});
  histogram::record(id, int32_t{3});
  // Extremes that hold it already have no section.
  const int64_t held = first() + 2 * kOthers;
  stepped("a sample", {held, 0, 0, 0}, [&] { histogram::record(id, int32_t{2}); });
  stepped("a fraction", {held, 0, 0, 0}, [&] { histogram::record(id, 2.5); });
  stepped("the smallest one", {held, 0, 0, 0}, [&] { histogram::record(id, int32_t{1}); });
  stepped("the largest one", {held, 0, 0, 0}, [&] { histogram::record(id, int32_t{3}); });
  for (const double x : {1, 3})
    stepped("many samples", {2 * kOthers, 0, 0, 0}, [&] { histogram::record_times(id, x, 2); });
  stepped("a larger one", {2 * kOthers, kOthers, 0, 0}, [&] { histogram::record(id, int32_t{20}); });
  stepped("a smaller one", {2 * kOthers, kOthers, 0, 0}, [&] { histogram::record(id, -1.0); });
  const uint32_t buckets = rseq::shape::kBuckets;
  for (uint32_t i = 0; i < 3; ++i) {
    const int64_t expected = i == 1 ? 8 : 1;
    expect(overflow(one, buckets + i) == expected, "samples in steps", overflow(one, buckets + i), expected);
  }
  expect(cell(one, here, buckets + 1) == 2, "samples before", cell(one, here, buckets + 1), 2);
  std::vector<double> out(histogram::out_size(one.held));
  histogram::read(one.region, one.held, true, out.data());
  expect(out[histogram::kOutMin] == -1 && out[histogram::kOutMax] == 20, "extremes in steps");
  expect(out[histogram::kOutIntegersLow] == 37, "their sum",
         static_cast<int64_t>(out[histogram::kOutIntegersLow]), 37);
  expect(out[histogram::kOutFractions] == 2.5, "their fractions");
  close(one);
}

/// Without its hint a slot is found all the same.
void pool_in_steps() {
  const Opened one = make(region::kProcess, region::Kind::kPool, "", 2);
  const uint32_t id = one.held.id;
  const uint32_t thread = region::owners::thread_word();
  const int32_t hinted = pool::acquire(id, thread);
  pool::release(id, static_cast<uint32_t>(hinted), thread);
  int32_t slot = -1;
  stepped("a slot", {0, first() + kOthers, 0, 0}, [&] { slot = pool::acquire(id, thread); });
  expect(slot >= 0, "a slot in steps", slot);
  pool::Refusal refused = pool::Refusal::kFree;
  stepped("given back", {0, 0, first() + kOthers, 0},
          [&] { refused = pool::release(id, static_cast<uint32_t>(slot), thread); });
  expect(refused == pool::Refusal::kNone && pool::count_held(one.region, one.held) == 0,
         "given back in steps");
  close(one);
}

/// Whether there is room on its CPU or not: the overflow stripe has some.
void write_in_steps() {
  const Opened one = make(region::kProcess, region::Kind::kRing, "", ring_shape(1, 1, false));
  const uint32_t id = one.held.id;
  ring::Verdict verdict = ring::kUnfit;
  stepped("a record", {0, 0, 0, first() + kOthers}, [&] { verdict = ring::write(id, 1, 0, 0, 0); });
  expect(verdict == ring::kWritten, "written in steps", verdict);
  ring::write(id, 2, 0, 0, 0);
  ring::write(id, 3, 0, 0, 0);
  stepped("a record too many", {first() + kOthers, 0, 0, 0}, [&] { verdict = ring::write(id, 4, 0, 0, 0); });
  expect(verdict == ring::kWritten, "written beside a full ring", verdict);
  const drain::Counts all = drain::count(one.region, one.held);
  expect(all.written == 4 && all.discarded == 0, "all in rings", static_cast<int64_t>(all.written), 4);
  close(one);
}

}  // namespace

void step() {
  if (!has_sections()) return;
  on_threads(1, [](uint32_t) {
    const uint32_t here = stay_on_last();
    count_in_steps();
    contend();
    record_in_steps(here);
    pool_in_steps();
    write_in_steps();
  });
}

#else

void step() {}

#endif

}  // namespace structures
