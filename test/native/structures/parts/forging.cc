/// Numbers that a thread made up, of what other threads open and close at that moment: hot operations count
/// in what there is, or nowhere; the others find nothing that this thread has not opened.
#include "harness.h"
#include "metrics/survey.h"
#include "objects/histogram.h"
#include "objects/pool.h"
#include "objects/ring.h"
#include "region/owners.h"

namespace structures {
namespace {

constexpr uint32_t kCells = 16384;
/// Numbers from 0 on are the ones that are in use.
constexpr uint32_t kNumbers = 8;

/// Of every shape in turn, so that numbers go from one to another of another size.
Opened make_one(uint32_t number, Random& random) {
  switch (random.below(4)) {
    case 0: {
      std::vector<double> bounds(1 + random.below(100));
      for (size_t i = 0; i < bounds.size(); ++i) bounds[i] = static_cast<double>(i);
      return make(number, region::Kind::kHistogram, "", 0, bounds);
    }
    case 1:
      return make(number, region::Kind::kHistogram, "", 1 + random.below(6), {1, 1e9});
    case 2:
      return make(number, region::Kind::kPool, "", 1 + random.below(600));
    default:
      return make(number, region::Kind::kRing, "", ring_shape(1 + random.below(6), 1, random.below(2) == 0));
  }
}

/// A region of this thread's, and what is in it, for a moment. None of the process's own: a forged number can
/// leave something in cells that are just given back, and what has them next would show it.
void open_and_close(Random& random) {
  const int32_t made = region::create_memfd(kCells);
  expect(made > 0, "opened", made);
  if (made <= 0) return;
  const auto number = static_cast<uint32_t>(made);
  for (int i = 0; i < 4; ++i) {
    const Opened one = make_one(number, random);
    expect(one.exists() && region::held(one.region, one.entry) != nullptr, "its own",
           static_cast<int32_t>(one.entry));
    close(one);
    expect(region::held(one.region, one.entry) == nullptr, "not its own any more");
  }
  region::close(number);
  operations += 6;
}

void use_forged(Random& random) {
  const uint32_t id = random.below(kNumbers);
  rseq::histogram::record(id, static_cast<int32_t>(random.below(100)));
  rseq::histogram::record(id, random.below(100) / 3.0);
  rseq::histogram::record_times(id, 5, 2);
  rseq::ring::write(id, 1, 0, 0, 0);
  const int32_t slot = rseq::pool::acquire(id, region::owners::thread_word());
  uint64_t ticket = random.word();
  if (slot >= 0 && random.below(2) == 0) rseq::pool::hand_over(id, static_cast<uint32_t>(slot), &ticket);
  rseq::pool::adopt(id, ticket);
  if (slot >= 0) rseq::pool::release(id, static_cast<uint32_t>(slot), region::owners::thread_word());
  const uint32_t number = 1 + random.below(kNumbers);
  region::Info info;
  expect(!region::info(number, &info), "a region of another thread’s");
  expect(region::held(random.below(kNumbers), random.below(kNumbers)) == nullptr, "another thread’s");
  expect(region::check(number) == region::kClosed && region::descriptor(number) == -1, "closed to this one");
  operations += 11;
}

}  // namespace

void forge(const Round& round) {
#ifdef __SANITIZE_THREAD__
  return;  // to it a mapping that replaces another is a write like any, and this is about those
#endif
  std::atomic<uint32_t> changing = round.threads;
  on_threads(round.threads * 2, [&](uint32_t i) {
    Random random(round.seed + i);
    if (i < round.threads) {
      for (uint32_t k = 0; k < round.size / 8 + 1; ++k) open_and_close(random);
      --changing;
    } else {
      while (changing != 0) use_forged(random);
    }
  });
}

}  // namespace structures
