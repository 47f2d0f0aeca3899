#include "region/holes.h"

#include <stdlib.h>

namespace rseq::region::holes {
namespace {

/// More than any machine has CPUs: a file that says so is mostly holes, and is not asked for each stripe.
constexpr uint32_t kManyStripes = 1024;

}  // namespace

Map::Map(const Directory& directory, uint32_t first, uint32_t cells)
    : directory_(directory),
      first_unit_(first / kCellsPerGrain),
      units_((first + cells + kCellsPerGrain - 1) / kCellsPerGrain - first_unit_),
      words_of_unit_((stripes() + 63) / 64),
      words_of_used_((words_of_unit_ + 63) / 64),
      last_word_(~UINT64_C(0) >> (words_of_unit_ * 64 - stripes())),
      few_{},
      words_(few_),
      used_(nullptr) {
  const size_t words = size_t{units_} * (words_of_unit_ + words_of_used_);
  if (!directory.is_sparse) words_ = nullptr;
  if (words_ != nullptr && words > kFewWords)
    words_ = static_cast<uint64_t*>(calloc(words, sizeof(uint64_t)));
  if (words_ != nullptr) used_ = words_ + size_t{units_} * words_of_unit_;
  look();
}

Map::~Map() {
  if (words_ != few_) free(words_);
}

bool Map::look() {
  if (words_ == nullptr) return false;
  const Layout layout(directory_.sizes);
  const uint64_t first = layout.stripes + first_unit_ * kGrain;
  bool is_more = false;
  for (uint32_t stripe = 0; stripe < stripes(); ++stripe) {
    const uint64_t begin = first + stripe * layout.stripe_bytes;
    if (stripes() > kManyStripes) {
      const uint64_t data = next_data(directory_.fd, begin, layout.total).begin;
      if (data >= layout.total) break;
      // On to the stripe of that byte; a part before the units is none of theirs.
      const auto there = static_cast<uint32_t>((data - layout.stripes) / layout.stripe_bytes);
      if (there > stripe) {
        stripe = there - 1;
        continue;
      }
      if (data >= begin + units_ * kGrain) continue;
    }
    is_more |= look_at(stripe, begin);
  }
  return is_more;
}

bool Map::look_at(uint32_t stripe, uint64_t begin) {
  bool is_more = false;
  each_data(directory_.fd, begin, begin + units_ * kGrain, [&](uint64_t from, uint64_t to) {
    for (uint64_t unit = (from - begin) / kGrain; unit * kGrain < to - begin; ++unit) {
      uint64_t& word = words_[unit * words_of_unit_ + stripe / 64];
      const uint64_t bit = UINT64_C(1) << stripe % 64;
      is_more |= (word & bit) == 0;
      word |= bit;
      used_of(unit)[stripe / 64 / 64] |= UINT64_C(1) << stripe / 64 % 64;
    }
  });
  return is_more;
}

uint64_t Map::count(uint32_t cell, uint32_t cells) const {
  if (words_ == nullptr) return uint64_t{cells} * stripes();
  uint64_t sum = 0;
  for (uint32_t at = cell; at < cell + cells;) {
    const uint32_t next = (at / kCellsPerGrain + 1) * kCellsPerGrain;
    const uint32_t end = next < cell + cells ? next : cell + cells;
    const uint64_t* words = unit(at);
    uint32_t there = 0;
    for (uint32_t i = 0; i < words_of_unit_; ++i)
      there += static_cast<uint32_t>(__builtin_popcountll(words[i]));
    sum += uint64_t{there} * (end - at);
    at = end;
  }
  return sum;
}

bool Map::is_nowhere(uint32_t cell) const {
  if (words_ == nullptr) return false;
  const uint64_t* used = used_of(cell / kCellsPerGrain - first_unit_);
  for (uint32_t i = 0; i < words_of_used_; ++i)
    if (used[i] != 0) return false;
  return true;
}

}  // namespace rseq::region::holes
