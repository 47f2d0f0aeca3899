#include "survey.h"

#include <stdlib.h>

#include "histogram.h"
#include "region/fault.h"

namespace rseq::survey {
namespace {

using region::Directory;
using region::Entry;
using region::Kind;
using region::Reading;

/// What reading needs of an entry that this process need not hold.
region::Held as_held(const Entry& copied) {
  region::Held held = {};
  held.cell = copied.cell;
  held.cells = copied.cells;
  held.kind = copied.kind;
  return held;
}

/// @return 0 where the entry has no values, or is not what its kind is
uint32_t values(const Entry& copied) {
  if (copied.kind == Kind::kPool || copied.kind == Kind::kRing) return 0;
  if (copied.kind != Kind::kHistogram) return copied.cells == 1 ? 1 : 0;
  return copied.cells > shape::kBuckets ? histogram::out_size(as_held(copied)) : 0;
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

/// Reads runs past the holes that there were when the look began.
class Look {
 public:
  explicit Look(const Directory& directory)
      : directory_(directory), map_(directory, 0, directory.sizes.cells) {}

  void read(const Entry& copied, double* out) const {
    const region::Held held = as_held(copied);
    const bool is_whole = map_.is_whole(held.cell, held.cells);
    const Reading run = {.directory = directory_, .held = held, .map = is_whole ? nullptr : &map_};
    if (is_whole || !run.has_baseline()) return read_values(run, out);
    // What was drained since the look began may have been in its holes.
    region::read_past_holes(directory_, held, [out](const Reading& again) { read_values(again, out); });
  }

 private:
  const Directory& directory_;
  region::holes::Map map_;
};

/// @return whether it was there already
bool put(double* head, Head which, double value) {
  const bool is_same = head[which] == value;
  head[which] = value;
  return is_same;
}

}  // namespace

size_t read(uint32_t region, const Directory& directory, double* out, size_t capacity) {
  // Else replaced pages would be read.
  region::fault::heal(region);
  const uint32_t high = directory.entry_high();
  const uint32_t words = (high + 63) / 64;
  auto* held = static_cast<uint64_t*>(malloc(words * sizeof(uint64_t) + 1));
  if (held == nullptr) return 0;
  directory.held_by_the_living(held, words);
  const Look look(directory);
  bool is_same = true;
  size_t at = kFirst;
  for (uint32_t i = 0; i < high; ++i) {
    Entry copied;
    if (!directory.copy(i, &copied)) continue;
    const uint32_t count = values(copied);
    if (count == 0) continue;
    const size_t first = at;
    at += kHead + count;
    // From here on it is only counted how much there is: who has less room comes back with more.
    if (at > capacity) continue;
    double* head = out + first;
    look.read(copied, head + kHead);
    // Given back meanwhile, it may have been zeros or a next owner's that was read.
    if (!directory.still(i, copied.generation)) {
      at = first;
      continue;
    }
    is_same &= put(head, kEntry, i);
    is_same &= put(head, kGeneration, copied.generation);
    is_same &= put(head, kKind, static_cast<double>(copied.kind));
    is_same &= put(head, kHeld, static_cast<double>(held[i / 64] >> i % 64 & 1));
    is_same &= put(head, kValues, count);
  }
  free(held);
  if (capacity != 0) out[0] = is_same ? 1 : 0;
  return at;
}

}  // namespace rseq::survey
