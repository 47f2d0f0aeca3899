#include "survey.h"

#include <stdlib.h>

#include "histogram.h"

namespace rseq::survey {
namespace {

using region::Directory;
using region::Entry;
using region::Kind;

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

void read_values(uint32_t region, const Entry& copied, double* out) {
  const region::Held held = as_held(copied);
  switch (copied.kind) {
    case Kind::kCounter:
      *out = static_cast<double>(counter::sum_i64(region, held));
      break;
    case Kind::kHistogram:
      histogram::read(region, held, false, out);
      break;
    default:
      *out = counter::sum_f64(region, held);
  }
}

/// @return whether it was there already
bool put(double* head, Head which, double value) {
  const bool is_same = head[which] == value;
  head[which] = value;
  return is_same;
}

}  // namespace

size_t read(uint32_t region, const Directory& directory, double* out, size_t capacity) {
  const uint32_t high = directory.entry_high();
  const uint32_t words = (high + 63) / 64;
  auto* held = static_cast<uint64_t*>(malloc(words * sizeof(uint64_t) + 1));
  if (held == nullptr) return 0;
  directory.held_by_the_living(held, words);
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
    read_values(region, copied, head + kHead);
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
