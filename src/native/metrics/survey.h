/// Everything in a region, with its values: read at once, and without holding any of it.
#pragma once

#include <stddef.h>

#include "region/region.h"

namespace rseq::survey {

/// What stands before all entries.
enum First : uint32_t {
  kIsSame,   ///< 1 where each of them was there already, at its place, in what was written over
  kLeftOut,  ///< how many were left out: not what their kind is, or more than there is, with those before
};
constexpr size_t kFirst = kLeftOut + 1;

/// What stands before an entry's values.
enum Head : uint32_t {
  kEntry,
  kGeneration,
  kKind,
  kHeld,    ///< 1 where a living process holds the entry, else 0
  kValues,  ///< how many numbers follow: 1, or of a histogram histogram.h's Out, its head alone if all are 0
  kHead
};

/// Values are as counter::sum_i64(), sum_f64() and histogram::read() say; an entry that was given back
/// meanwhile is left out.
/// @param out what an earlier call has written there, or anything else
/// @return how many doubles were written, or 0 without memory. Above `capacity`: how many there were to
///         write, and what is in `out` is no survey
size_t read(uint32_t region, const region::Directory& directory, double* out, size_t capacity);

}  // namespace rseq::survey
