/// Counters, sums and histograms: what was added is in the cells, or was drained, once.
#include "objects/counter.h"

#include <math.h>

#include "harness.h"
#include "metrics/page.h"
#include "metrics/survey.h"
#include "objects/histogram.h"

namespace structures {
namespace {

namespace counter = rseq::counter;
namespace histogram = rseq::histogram;
namespace page = rseq::page;
namespace survey = rseq::survey;

struct Totals {
  std::atomic<int64_t> added = 0;
  std::atomic<int64_t> drained = 0;
  std::atomic<int64_t> samples = 0;
};

struct Objects {
  explicit Objects(uint32_t region, uint32_t seed)
      : count(make(region, region::Kind::kCounter, "count" + std::to_string(seed))),
        sum(make(region, region::Kind::kSum, "sum" + std::to_string(seed))),
        times(make(region, region::Kind::kHistogram, "times" + std::to_string(seed), 5, {0.001, 1000})),
        bounds(make(region, region::Kind::kHistogram, "bounds" + std::to_string(seed), 0, {1, 2, 5, 10})),
        gauge(make(region, region::Kind::kGauge, "gauge" + std::to_string(seed))) {}

  void close_all() const {
    for (const Opened& one : {count, sum, times, bounds, gauge}) close(one);
  }

  Opened count, sum, times, bounds, gauge;
};

/// Amounts are integers: float64 sums of them are exact.
void add(const Objects& all, const Round& round, uint32_t number, Totals& totals) {
  Random random(round.seed + number);
  int64_t added = 0;
  for (uint32_t i = 0; i < round.size; ++i) {
    const auto n = static_cast<int32_t>(random.below(1000));
    counter::add(all.count.held.id, int64_t{n});
    counter::add(all.sum.held.id, static_cast<double>(n));
    histogram::record(all.times.held.id, n);
    histogram::record(all.bounds.held.id, n / 100.0);
    const uint32_t ids[] = {all.count.held.id, all.count.held.id, ~UINT32_C(0)};
    const int64_t amounts[] = {n, -n, 1};
    counter::add_many(ids, amounts, 3);
    counter::add_gauge(all.gauge.held.id, 1);
    added += n;
  }
  histogram::record_times(all.times.held.id, 0.5, 3);
  totals.samples += round.size + 3;
  totals.added += added;
  operations += uint64_t{round.size} * 8;
}

void drain(const Objects& all, const Round& round, Totals& totals) {
  std::vector<double> out(histogram::out_size(all.times.held));
  for (uint32_t i = 0; i < round.size / 64 + 1; ++i) {
    totals.drained += counter::drain_i64(all.count.region, all.count.held);
    histogram::read(all.times.region, all.times.held, false, out.data());
    counter::sum_f64(all.sum.region, all.sum.held);
    operations += 3;
  }
}

/// A survey of the region, and its numbers as rows of a page.
void look(const Objects& all, const Round& round) {
  std::vector<double> numbers;
  std::vector<char> text(4096);
  for (uint32_t i = 0; i < round.size / 256 + 1; ++i) {
    const size_t count = survey_all(all.count.region, numbers);
    std::vector<uint32_t> ends(count, 0);
    std::vector<uint32_t> which;
    for (uint32_t n = 0; n < count; ++n) which.push_back((n % 4) << page::kIndexBits | n);
    const page::Rows rows = {.heads = "",
                             .ends = ends.data(),
                             .which = which.data(),
                             .numbers = numbers.data(),
                             .head_bytes = 0,
                             .rows = count,
                             .numbers_length = count};
    for (page::State state = {}; state.row < rows.rows; ++state.row)
      if (page::write(rows, text.data(), text.size(), &state) != page::kAsked) break;
    operations += 2;
  }
}

double total(const Opened& opened) {
  std::vector<double> out(histogram::out_size(opened.held));
  histogram::read(opened.region, opened.held, true, out.data());
  double sum = 0;
  for (size_t i = histogram::kOutBuckets; i < out.size(); ++i) sum += out[i];
  return sum;
}

void count_in(uint32_t number, const Round& round) {
  const Objects all(number, round.seed);
  expect(all.count.exists() && all.sum.exists() && all.times.exists() && all.bounds.exists(), "made");
  Totals totals;
  on_threads(round.threads + 2, [&](uint32_t i) {
    // Each thread opens them itself, as each thread of Node's does.
    const Objects own(number, round.seed);
    if (i < round.threads) add(own, round, i, totals);
    if (i == round.threads) drain(own, round, totals);
    if (i > round.threads) look(own, round);
    own.close_all();
  });
  const int64_t left = counter::drain_i64(number, all.count.held);
  expect(totals.drained + left == totals.added, "counted", totals.drained + left, totals.added);
  const double sum = counter::drain_f64(number, all.sum.held);
  expect(sum == static_cast<double>(totals.added), "summed", llround(sum), totals.added);
  expect(counter::sum_i64(number, all.count.held) == 0, "left after a drain");
  const double gauge = counter::sum_f64(number, all.gauge.held);
  const double adds = double{1} * round.threads * round.size;
  expect(gauge == adds, "a gauge", llround(gauge), llround(adds));
  const double samples = total(all.times);
  expect(samples == static_cast<double>(totals.samples), "samples", llround(samples), totals.samples);
  all.close_all();
}

}  // namespace

void count(const Round& round) {
  count_in(region::kProcess, round);
  const int32_t shared = region::create_memfd(8192);
  expect(shared > 0, "a memfd", shared);
  if (shared <= 0) return;
  count_in(static_cast<uint32_t>(shared), round);
  region::close(static_cast<uint32_t>(shared));
}

}  // namespace structures
