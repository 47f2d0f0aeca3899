/// Numbers of what is open, beside a plain model; and what stands at a pool's or a ring's number.
#include "harness.h"
#include "objects/records.h"
#include "objects/slots.h"

namespace structures {
namespace {

namespace records = rseq::records;
namespace slots = rseq::slots;

struct Two {
  uint64_t first;
  uint64_t second;
};

constexpr uint32_t kFew = 5;
/// As many as nobody can put who looks at all of them each time.
constexpr uint32_t kMany = 1U << 19;

constinit region::Numbered<Two, kFew> few = {};
constinit region::Numbered<uint64_t, kMany> many = {};

void expect_all(const std::vector<uint64_t>& model) {
  for (uint32_t number = 0; number < kFew + 3; ++number) {
    const uint64_t expected = number < kFew ? model[number] : 0;
    const Two copied = few.at(number);
    const Two* at = few.place(number);
    expect(copied.first == expected && at->first == expected, "a number's first word",
           static_cast<int64_t>(copied.first), static_cast<int64_t>(expected));
    const uint64_t second = expected == 0 ? 0 : ~expected;
    expect(copied.second == second && at->second == second, "a number's second word", number);
  }
  expect(few.at(region::kNoId).first == 0, "nobody's number");
}

/// Of those that are free the lowest one is next.
void put_few(Random& random) {
  std::vector<uint64_t> model(kFew, 0);
  for (int i = 0; i < 300; ++i) {
    const uint32_t which = random.below(kFew);
    if (random.below(5) < 3) {
      const uint64_t word = 1 + random.word();
      uint32_t lowest = 0;
      while (lowest < kFew && model[lowest] != 0) ++lowest;
      const int32_t expected = lowest < kFew ? static_cast<int32_t>(lowest) : region::kTooMany;
      const int32_t found = few.put({word, ~word});
      expect(found == expected, "put", found, expected);
      if (lowest < kFew) model[lowest] = word;
    } else if (model[which] != 0) {
      few.give_back(which);
      model[which] = 0;
    }
    expect_all(model);
  }
  for (uint32_t number = 0; number < kFew; ++number)
    if (model[number] != 0) few.give_back(number);
  expect_all(std::vector<uint64_t>(kFew, 0));
}

void put_many() {
  for (uint32_t i = 0; i < kMany; ++i) {
    const int32_t number = many.put(i + 1);
    expect(number == static_cast<int32_t>(i), "put many", number, i);
  }
  for (int i = 0; i < 2; ++i) expect(many.put(7) == region::kTooMany, "all are taken");
  for (const uint32_t number : {kMany - 1, UINT32_C(3), kMany / 2}) {
    many.give_back(number);
    expect(many.put(9) == static_cast<int32_t>(number), "put again", number);
  }
  // The last one first: each of them is then the lowest.
  for (uint32_t i = kMany; i-- > 0;) many.give_back(i);
  expect(many.put(1) == 0, "the first one again");
  many.give_back(0);
}

void lay_out() {
  struct {
    uint32_t slots;
    uint32_t cells;
  } constexpr kPools[] = {{0, 0}, {1, 258}, {256, 258}, {257, 259}, {65536, 65538}, {65537, 0}, {~0U, 0}};
  for (const auto& pool : kPools) {
    const uint32_t cells = slots::cells(pool.slots);
    expect(cells == pool.cells, "cells of a pool", cells, pool.cells);
  }
  const slots::Slots pool = slots::Slots::of(5, 9, 77);
  expect(pool.exists() && pool.cell() == 5 && pool.count() == 9 && pool.process == 77, "a pool");
  expect(slots::Slots::of(0, 9, 77).count() == 9 && !slots::Slots{}.exists(), "a pool at the first cell");
  const records::Ring ring = records::Ring::of({0xabcdef}, 31, 5);
  expect(ring.exists() && ring.cell() == 5 && ring.region() == 31 && ring.shape().bits == 0xabcdef, "a ring");
}

/// Pools and rings that a process can have at a time.
template <typename One, uint32_t kMost>
void fill(region::Numbered<One, kMost>& all, const One& one, const char* what) {
  std::vector<int32_t> put;
  for (int32_t number = all.put(one); number >= 0; number = all.put(one)) put.push_back(number);
  expect(!put.empty() && put.back() == static_cast<int32_t>(kMost) - 1, what, put.empty() ? -1 : put.back(),
         static_cast<int32_t>(kMost) - 1);
  for (const int32_t number : put) all.give_back(static_cast<uint32_t>(number));
}

}  // namespace

void put_numbers(const Round& round) {
  Random random(round.seed);
  put_few(random);
  put_many();
  lay_out();
  // Of no use to anybody, as no operation looks at them here.
  fill(slots::pools, slots::Slots::of(1, 1, 1), "the last pool");
  fill(records::rings, records::Ring::of({1}, 1, 1), "the last ring");
  operations += kMany;
}

}  // namespace structures
