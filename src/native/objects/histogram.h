/// Per-CPU histograms: a run of cells, of which buckets and sums are added to as counters are.
///
/// The smallest and the largest sample are kept as words that only grow, per stripe: looked at first, and
/// stored only where a sample goes beyond. They are the one kind of cell that somebody else writes too:
/// reset() sets them to nothing while others may be at it. So they are hints: whoever reads them holds them
/// against the buckets, which are exact, and takes the bucket's own bound where a hint does not lie in it.
#pragma once

#include "objects/counter.h"
#include "objects/shape.h"

namespace rseq::histogram {

/// Counts one sample. Ordering: relaxed.
/// @param id  region::Held's of a histogram; any other number does nothing, or counts in some histogram
/// @param x   finite
void record(uint32_t id, double x);
/// The same for an int32, which need not be found out to be an integer.
void record(uint32_t id, int32_t n);

/// Counts `times` samples of the same value.
void record_times(uint32_t id, double x, int64_t times);

/// What read() fills: numbers behind the head are the buckets' counts.
enum Out : uint32_t {
  kOutMin,  ///< NaN where nothing was recorded since the last reset
  kOutMax,
  kOutIntegersHigh,  ///< the sum of integer samples, an int64: its upper half, signed …
  kOutIntegersLow,   ///< … and its lower one
  kOutFractions,
  kOutBuckets
};

/// The numbers that read() fills for that histogram.
uint32_t out_size(const region::Held& held);

/// @param drain  and resets, as counter::drain_i64() does: each bucket's samples are shared out once
void read(uint32_t region, const region::Held& held, bool drain, double* out);
/// … without.
void read(const region::Reading& run, double* out);

/// Adds what read() has said of a histogram of the same shape: its samples are counted here from now on.
/// @param cells  out_size() numbers
void merge(const region::Held& held, const double* cells);

}  // namespace rseq::histogram
