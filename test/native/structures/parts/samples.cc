/// Histograms that nobody else counts in: each sample's bucket, and what is known of all of them.
#include <math.h>

#include <algorithm>

#include "harness.h"
#include "objects/histogram.h"

namespace structures {
namespace {

namespace histogram = rseq::histogram;

constexpr double kBounds[] = {-2, 0, 1.5, 1e10};

struct Known {
  double min;
  double max;
  double integers;
  double fractions;
  std::vector<double> buckets;
};

Known read(const Opened& one, bool drain) {
  std::vector<double> out(histogram::out_size(one.held));
  histogram::read(one.region, one.held, drain, out.data());
  const double integers = ldexp(out[histogram::kOutIntegersHigh], 32) + out[histogram::kOutIntegersLow];
  return {out[histogram::kOutMin], out[histogram::kOutMax], integers, out[histogram::kOutFractions],
          std::vector<double>(out.begin() + histogram::kOutBuckets, out.end())};
}

void expect_known(const Known& found, const Known& expected, const char* what) {
  expect(found.min == expected.min && found.max == expected.max, what, llround(found.min),
         llround(expected.min));
  expect(found.integers == expected.integers, what, llround(found.integers), llround(expected.integers));
  expect(found.fractions == expected.fractions, what, llround(found.fractions), llround(expected.fractions));
  expect(found.buckets == expected.buckets, what);
}

void expect_nothing(const Known& found) {
  expect(isnan(found.min) && isnan(found.max), "extremes of nothing");
  expect(found.integers == 0 && found.fractions == 0, "a sum of nothing");
  for (const double count : found.buckets) expect(count == 0, "a sample in nothing", llround(count));
}

void use_bounds() {
  const Opened one =
      make(region::kProcess, region::Kind::kHistogram, "", 0, {std::begin(kBounds), std::end(kBounds)});
  const uint32_t id = one.held.id;
  expect_nothing(read(one, false));
  histogram::record(id, -1.0);
  expect_known(read(one, false), {-1, -1, -1, 0, {0, 1, 0, 0, 0}}, "a negative one");
  histogram::record(id, -2.5);
  histogram::record(id, int32_t{-2});
  expect_known(read(one, false), {-2.5, -1, -3, -2.5, {2, 1, 0, 0, 0}}, "below");
  histogram::record(id, 1.5);
  histogram::record(id, 0.0);
  histogram::record(id, int32_t{2});
  histogram::record_times(id, 0.25, 3);
  for (int i = 0; i < 2; ++i) histogram::record_times(id, 5, 1);
  histogram::record_times(id, 9, 0);
  histogram::record(id, 1e10);
  histogram::record(id, 9007199254740993.0 * 2);
  expect_known(
      read(one, false),
      {-2.5, 18014398509481986.0, 1e10 + 9, -2.5 + 1.5 + 0.75 + 18014398509481986.0, {2, 2, 4, 4, 1}},
      "above");
  // An integer sum that has no room is one of the others.
  const Known all = read(one, true);
  expect(all.buckets.back() == 1, "drained", llround(all.buckets.back()));
  expect_nothing(read(one, true));
  histogram::record_times(id, 3e15, INT64_C(1) << 20);
  expect_known(read(one, true), {3e15, 3e15, 0, 3e15 * (1 << 20), {0, 0, 0, 0, 1 << 20}}, "an overflow");
  histogram::record(rseq::shape::kMaxShapes, 1.0);
  histogram::record(region::kNoId, 1.0);
  histogram::record_times(rseq::shape::kMaxShapes, 1, 1);
  expect_nothing(read(one, false));
  close(one);
  histogram::record(id, 1.0);  // nobody's, or of the next one that is made
}

/// Two buckets from each power of two to the next, and one on either side.
void use_range() {
  const Opened one = make(region::kProcess, region::Kind::kHistogram, "", 1, {1, 7});
  for (const double x : {1.0, 1.25, 1.5, 2.0, 2.75, 3.0, 4.0, 6.0, 7.0}) histogram::record(one.held.id, x);
  for (const double x : {0.5, 0.0, -8.0, 8.0, 1e100}) histogram::record(one.held.id, x);
  const Known all = read(one, true);
  expect(all.buckets == std::vector<double>{3, 2, 1, 2, 1, 1, 2, 2}, "buckets of a range");
  expect(all.min == -8 && all.max == 1e100, "extremes of a range");
  close(one);
}

void use_integers() {
  constexpr double kMaxSafe = 9007199254740991.0;
  const Opened one = make(region::kProcess, region::Kind::kHistogram, "", 0, {0});
  for (const double x : {kMaxSafe, -kMaxSafe, -kMaxSafe}) {
    histogram::record(one.held.id, x);
    histogram::record_times(one.held.id, x, 2);
  }
  expect_known(read(one, false), {-kMaxSafe, kMaxSafe, -3 * kMaxSafe, 0, {6, 3}}, "safe integers");
  histogram::record(one.held.id, kMaxSafe + 1);
  expect(read(one, true).fractions == kMaxSafe + 1, "no safe integer");
  close(one);
}

/// Between the extremes, where a sample is two sections.
void use_fractions() {
  const Opened one = make(region::kProcess, region::Kind::kHistogram, "", 0, {0});
  for (const double x : {1.0, 3.0, 2.5, 2.0, 2.25}) histogram::record(one.held.id, x);
  histogram::record(one.held.id, int32_t{2});
  expect_known(read(one, true), {1, 3, 8, 4.75, {0, 6}}, "fractions");
  close(one);
}

/// Of several threads each finds its sample in the extremes as soon as it is recorded.
void grow() {
  constexpr uint32_t kThreads = 3;
  constexpr uint32_t kSamples = 3000;
  const Opened one = make(region::kProcess, region::Kind::kHistogram, "", 0, {0});
  std::atomic<uint32_t> ready = 0;
  std::atomic<uint32_t> missing = 0;
  on_threads(kThreads, [&](uint32_t i) {
    for (++ready; ready < kThreads;) {
    }
    for (uint32_t k = 0; k < kSamples; ++k) {
      const double x = 1 + k * kThreads + i;
      histogram::record(one.held.id, x);
      uint64_t largest = 0;
      for (uint32_t stripe = 0; stripe <= region::stripes_of(one.region); ++stripe) {
        const int64_t* cell = region::cell_of(one.region, one.held, stripe, rseq::shape::kMax);
        largest = std::max(largest, static_cast<uint64_t>(__atomic_load_n(cell, __ATOMIC_RELAXED)));
      }
      // Positive numbers are in the order of their bits.
      if ((largest & ~(UINT64_C(1) << 63)) < static_cast<uint64_t>(rseq::shape::bits_of(x))) ++missing;
    }
  });
  expect(missing == 0, "samples beyond the extremes", missing);
  expect_known(read(one, false),
               {1,
                kThreads * kSamples,
                kThreads * kSamples * (kThreads * kSamples + 1) / 2.0,
                0,
                {0, kThreads * kSamples}},
               "samples of several threads");
  close(one);
  operations += kThreads * kSamples;
}

}  // namespace

void record_alone() {
  on_threads(1, [](uint32_t) {
    use_bounds();
    use_range();
    use_integers();
    use_fractions();
  });
  grow();
  operations += 40;
}

}  // namespace structures
