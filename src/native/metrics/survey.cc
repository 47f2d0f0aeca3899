#include "metrics/survey.h"

#include <stdlib.h>

#include "objects/histogram.h"
#include "region/claims.h"
#include "region/fault.h"

namespace rseq::survey {
namespace {

using region::Directory;
using region::Entry;
using region::Kind;
using region::Reading;

bool has_values(const Entry& copied) { return copied.kind != Kind::kPool && copied.kind != Kind::kRing; }

/// A histogram by bounds has no more cells. Longer ones are mostly never used, and cost nothing until they
/// are.
constexpr uint32_t kLong = shape::kMaxBounds + 1 + shape::kBuckets;

/// Whether nobody has touched it, in any stripe.
bool is_untouched(const region::holes::Map& map, const region::Held& held) {
  if (held.cells <= kLong) return false;
  constexpr uint32_t kStep = region::holes::kCellsPerGrain;
  for (uint32_t cell = held.cell; cell < held.cell + held.cells; cell = (cell / kStep + 1) * kStep)
    if (!map.is_nowhere(cell)) return false;
  return true;
}

void read_values(const Reading& run, double* out) {
  switch (run.held.kind) {
    case Kind::kCounter:
      *out = static_cast<double>(counter::sum_i64(run, 0));
      break;
    case Kind::kHistogram:
      histogram::read(run, out);
      break;
    default:
      *out = counter::sum_f64(run, 0);
  }
}

void put_nothing(double* out) {
  out[histogram::kOutMin] = out[histogram::kOutMax] = __builtin_nan("");
  out[histogram::kOutIntegersHigh] = out[histogram::kOutIntegersLow] = out[histogram::kOutFractions] = 0;
}

/// @return whether it was there already
bool put(double* head, Head which, double value) {
  const bool is_same = head[which] == value;
  head[which] = value;
  return is_same;
}

/// One pass over all entries.
class Pass {
 public:
  Pass(const Directory& directory, const uint64_t* held, const region::holes::Map& map, double* out,
       size_t capacity)
      : directory_(directory), held_(held), map_(map), out_(out), capacity_(capacity) {}

  void take(uint32_t number) {
    Entry copied;
    if (!directory_.copy(number, &copied)) return;
    if (!has_values(copied)) return;
    if (!claims_.take(copied) || !directory_.is_shaped(copied) || !may_read(copied)) {
      // Given back meanwhile, it has a next owner's texts.
      if (directory_.still(number, copied.generation)) ++left_out_;
      return;
    }
    const region::Held held = region::Held::of(copied);
    const bool is_empty = is_untouched(map_, held);
    const uint32_t all = copied.kind == Kind::kHistogram ? histogram::out_size(held) : 1;
    const uint32_t count = is_empty ? static_cast<uint32_t>(histogram::kOutBuckets) : all;
    const size_t first = at_;
    at_ += kHead + count;
    // From here on it is only counted how much there is: who has less room comes back with more.
    if (at_ > capacity_) return;
    double* head = out_ + first;
    if (is_empty) {
      put_nothing(head + kHead);
    } else {
      const bool is_whole = map_.is_whole(held.cell, held.cells);
      const Reading run = {.directory = directory_, .held = held, .map = is_whole ? nullptr : &map_};
      read_values(run, head + kHead);
      has_baseline_ |= !is_whole && run.has_baseline();
    }
    // Given back meanwhile, it may have been zeros or a next owner's that was read.
    if (!directory_.still(number, copied.generation)) {
      at_ = first;
      return;
    }
    is_same_ &= put(head, kEntry, number);
    is_same_ &= put(head, kGeneration, copied.generation);
    is_same_ &= put(head, kKind, static_cast<double>(copied.kind));
    is_same_ &= put(head, kHeld, static_cast<double>(held_[number / 64] >> number % 64 & 1));
    is_same_ &= put(head, kValues, count);
  }

  size_t end() const { return at_; }
  /// Whether what was read past holes may have been drained from what they are filled with by now.
  bool has_baseline() const { return has_baseline_; }
  bool is_same() const { return is_same_; }
  uint32_t left_out() const { return left_out_; }

 private:
  /// Entries that overlap are read again and again: so the cells that are read are no more than twice those
  /// that there are.
  bool may_read(const Entry& copied) {
    const uint64_t count = map_.count(copied.cell, copied.cells);
    if (count > unread_) return false;
    unread_ -= count;
    return true;
  }

  /// Are always read: what was filled since the map was made is not in it.
  static constexpr uint64_t kFewReads = 1 << 20;

  const Directory& directory_;
  const uint64_t* held_;
  const region::holes::Map& map_;
  region::Claims claims_{directory_};
  uint64_t unread_ = kFewReads + 2 * map_.count();
  double* out_;
  size_t capacity_;
  size_t at_ = kFirst;
  bool has_baseline_ = false;
  bool is_same_ = true;
  uint32_t left_out_ = 0;
};

}  // namespace

size_t read(uint32_t region, const Directory& directory, double* out, size_t capacity) {
  // With each pass there are fewer holes: a few times, not for ever.
  constexpr int kPasses = 8;
  // What is made again while a pass is made can seem to be too much: not in several.
  constexpr int kTries = 3;
  // Else replaced pages would be read.
  region::fault::heal(region);
  const uint32_t words = (directory.entry_high() + 63) / 64;
  auto* held = static_cast<uint64_t*>(malloc(words * sizeof(uint64_t) + 1));
  if (held == nullptr) return 0;
  directory.held_by_the_living(held, words);
  region::holes::Map map(directory, 0, directory.sizes.cells);
  size_t end = 0;
  bool is_same = true;
  for (int i = 0; i < kPasses; ++i) {
    Pass pass(directory, held, map, out, capacity);
    directory.each_entry([&](uint32_t number) {
      // Made since it was asked who holds what.
      if (number / 64 < words) pass.take(number);
    });
    end = pass.end();
    // A later pass finds what an earlier one has written.
    is_same &= pass.is_same();
    if (capacity >= kFirst) {
      out[kIsSame] = is_same ? 1 : 0;
      out[kLeftOut] = pass.left_out();
    }
    if (end > capacity) break;
    const bool is_filled = pass.has_baseline() && map.look();
    if (!is_filled && (pass.left_out() == 0 || i + 1 >= kTries)) break;
  }
  free(held);
  return end;
}

}  // namespace rseq::survey
