/// A bitmap beside a plain one: first fit, and a hint that is as near as can be told.
#include "region/bitmap.h"

#include <algorithm>

#include "harness.h"

namespace structures {
namespace {

struct Run {
  uint32_t first;
  uint32_t count;
};

/// What a bitmap must do.
class Model {
 public:
  explicit Model(uint32_t bits) : taken(bits) {}

  int64_t take(uint32_t count) {
    if (count == 0) return 0;
    uint32_t run = 0;
    for (uint32_t bit = 0; bit < taken.size(); ++bit) {
      run = taken[bit] ? 0 : run + 1;
      if (run != count) continue;
      const uint32_t first = bit + 1 - count;
      const uint32_t lowest = lowest_free();
      set({first, count}, true);
      hint = first == lowest ? first + count : lowest;
      return first;
    }
    return -1;
  }
  void give_back(const Run& run) {
    set(run, false);
    if (run.count != 0) hint = std::min(hint, run.first);
  }
  void set(const Run& run, bool value) {
    for (uint32_t i = 0; i < run.count; ++i) taken[run.first + i] = value;
  }
  uint32_t lowest_free() const {
    return static_cast<uint32_t>(std::find(taken.begin(), taken.end(), false) - taken.begin());
  }

  std::vector<bool> taken;
  uint32_t hint = 0;
};

/// A bitmap with words on both sides that are nobody's.
class Real {
 public:
  static constexpr uint64_t kNobodys = 0x5555aaaa5555aaaa;

  explicit Real(uint32_t bits) : words_(bits / 64 + 2) {
    words_.front() = words_.back() = kNobodys;
    map = {.words = words_.data() + 1, .bits = bits, .hint = &hint};
  }
  Real(const Real&) = delete;
  Real& operator=(const Real&) = delete;

  void hold_against(const Model& model) const {
    expect(hint == model.hint, "a bitmap's hint", hint, model.hint);
    expect(words_.front() == kNobodys && words_.back() == kNobodys, "words beside a bitmap");
    for (uint32_t bit = 0; bit < map.bits; ++bit) {
      const bool is = (map.words[bit / 64] >> bit % 64 & 1) != 0;
      expect(is == model.taken[bit], "a bit", bit);
    }
  }

  region::Bitmap map;
  uint32_t hint = 0;

 private:
  std::vector<uint64_t> words_;
};

void take_and_give_back(uint32_t bits, uint32_t longest, Random& random) {
  Model model(bits);
  Real real(bits);
  std::vector<Run> runs;
  for (uint32_t i = 0; i < 300; ++i) {
    // Filled until it is nearly full, then emptied until it nearly is; and again.
    const bool fills = i / 75 % 2 == 0;
    if (runs.empty() || random.below(8) < (fills ? 6U : 2U)) {
      const uint32_t count = random.below(longest + 1);
      const int64_t expected = model.take(count);
      const int64_t found = real.map.take(count);
      expect(found == expected, "the first run that fits", found, expected);
      if (expected >= 0) runs.push_back({static_cast<uint32_t>(expected), count});
    } else {
      const uint32_t which = random.below(static_cast<uint32_t>(runs.size()));
      model.give_back(runs[which]);
      real.map.give_back(runs[which].first, runs[which].count);
      runs[which] = runs.back();
      runs.pop_back();
    }
    real.hold_against(model);
    ++operations;
  }
}

/// What is full says so, as often as it is asked, whatever the hint says; and runs over the words' borders.
void fill() {
  constexpr uint32_t kBits = 192;
  Model model(kBits);
  Real real(kBits);
  for (const uint32_t count : {kBits, kBits + 1, 0U, 1U, 64U}) {
    const int64_t expected = model.take(count);
    expect(real.map.take(count) == expected, "a run of a full bitmap", count, expected);
    real.hold_against(model);
  }
  for (const Run run : {Run{63, 1}, Run{127, 2}, Run{191, 1}, Run{64, 63}}) {
    model.give_back(run);
    real.map.give_back(run.first, run.count);
    real.hold_against(model);
  }
  for (const uint32_t count : {67U, 66U, 1U, 1U}) {
    const int64_t expected = model.take(count);
    expect(real.map.take(count) == expected, "a run over borders", count, expected);
    real.hold_against(model);
  }
  // What is free on both sides of a full word is no run.
  for (const Run run : {Run{63, 1}, Run{128, 2}}) {
    model.give_back(run);
    real.map.give_back(run.first, run.count);
  }
  for (const uint32_t count : {2U, 1U}) {
    const int64_t expected = model.take(count);
    expect(real.map.take(count) == expected, "beside a full word", count, expected);
    real.hold_against(model);
  }
  // Another process can write anything to the hint: in bounds it hides what is below, outside it says
  // nothing.
  for (const uint32_t hint : {kBits, kBits + 1, ~UINT32_C(0)}) {
    real.map.give_back(0, 1);
    real.hint = hint;
    expect(real.map.take(1) == 0, "with a hint outside", hint);
  }
  real.map.give_back(5, 1);
  real.hint = 6;
  expect(real.map.take(1) == -1, "below the hint");
}

}  // namespace

void take_runs(const Round& round) {
  Random random(round.seed);
  fill();
  for (const uint32_t bits : {64U, 128U, 448U}) {
    for (const uint32_t longest : {1U, 3U, 70U, 150U}) take_and_give_back(bits, longest, random);
  }
}

}  // namespace structures
