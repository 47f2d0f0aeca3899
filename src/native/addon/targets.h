/// The C functions behind V8 fast calls. They know neither V8 nor N-API: fastcall.cc, in an addon of its
/// own, only learns their addresses. Called with checked arguments; they never throw, allocate or block.
#pragma once

#include <stdint.h>

namespace rseq::targets {

/// What V8 passes first: the receiver, unused.
using Receiver = void*;

using Inc = void (*)(Receiver, uint32_t id);
using AddInt32 = void (*)(Receiver, uint32_t id, int32_t n);
using AddDouble = void (*)(Receiver, uint32_t id, double x);
using AcquireSlot = int32_t (*)(Receiver, uint32_t id, uint32_t thread);
/// @return a pool::Refusal
using ReleaseSlot = uint32_t (*)(Receiver, uint32_t id, uint32_t slot, uint32_t thread);
using WriteDoubles = int32_t (*)(Receiver, uint32_t id, double a, double b, double c, double d);

/// Addresses handed from one addon of this process to the other.
struct Table {
  Inc inc;
  AddInt32 add_int32;
  AddDouble add;  ///< a safe integer
  AddDouble add_float;
  AddDouble record;
  AddInt32 record_int32;
  AcquireSlot acquire_slot;
  ReleaseSlot release_slot;
  WriteDoubles ring_write;  ///< ring.h's Verdict
};

}  // namespace rseq::targets
