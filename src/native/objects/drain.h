/// Per-CPU rings of records: reading. A drain is
///
///     begin              the calling thread is the consumer; the drain is about what is there now
///     repeat
///       read             copies records out
///       advance          says how many of them were consumed
///     end                the thread is the consumer no more
///
/// Only advance() changes anything. A consumer that dies anywhere loses nothing, and what it had read and
/// not advanced over is read again by the next one.
///
/// The order is that of time. No drain has a consequence without its cause: what was committed before another
/// record's time was read is in the same drain as that one, or in one before. So a record that was timed
/// after the drain had read the clock, and before it had looked at all heads, waits for the next drain. A
/// time that lies in the future is of another boot, or made up: no drain can be waited for.
#pragma once

#include "region/region.h"

namespace rseq::drain {

/// A consumer's scratch memory: of the caller, and nothing in it is believed.
struct Scratch {
  uint64_t* state;
  size_t state_words;  ///< see state_words()
  uint64_t* out;
  size_t out_words;
};

/// Words before each record's payload.
enum Out : uint32_t {
  kOutCpu,   ///< a double; −1: of the overflow stripe
  kOutTime,  ///< a double
  kOutPosition,
  kOutLength,  ///< a double: fields, or bytes
  kOutPayload,
};

/// Words of state that a region of so many stripes takes.
size_t state_words(uint32_t stripes);
/// Words of `out` that a record of that ring takes.
uint32_t out_words(const region::Held& held);

/// @return 0, region::kReadOnly, or region::kConsumer where another consumer lives, or this thread is it
int32_t begin(uint32_t region, const region::Held& held, const Scratch& scratch);

/// Copies up to `most` records to `out`, one after the other.
/// @return how many, or a region::Result
int32_t read(uint32_t region, const region::Held& held, const Scratch& scratch, uint32_t most);

/// The first `consumed` of the records in `out` need not be read again; and what was lost before them is.
/// @return 0; or kConsumer where another consumer has taken over, kDamaged where that cannot be: nothing was
///         done
int32_t advance(uint32_t region, const region::Held& held, const Scratch& scratch, uint32_t consumed);

void end(uint32_t region, const region::Held& held);

/// Records, of all stripes. What is written or drained meanwhile may be counted or not.
struct Counts {
  uint64_t written;
  uint64_t discarded;
  uint64_t overwritten;  ///< lost, whether or not a drain has come upon that yet
  uint64_t pending;      ///< that a drain would find
};
Counts count(uint32_t region, const region::Held& held);

}  // namespace rseq::drain
