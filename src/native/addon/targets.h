/// The hot operations: one list for N-API, the mailbox and V8 fast calls. The C functions behind fast calls
/// know neither V8 nor N-API: fastcall.cc, in an addon of its own, only learns their addresses. They are
/// called with checked arguments, and never throw, allocate or block.
#pragma once

#include <stdint.h>

/// X(field, type, "name in JavaScript", "name of its twin that reads the mailbox")
#define RSEQ_HOT(X)                                                \
  X(inc, Inc, "inc", "mailedInc")                                  \
  X(add_int32, AddInt32, "addInt32", "mailedAddInt32")             \
  X(add, AddDouble, "add", "mailedAdd") /* a safe integer */       \
  X(add_float, AddDouble, "addFloat", "mailedAddFloat")            \
  X(record, AddDouble, "record", "mailedRecord")                   \
  X(record_int32, AddInt32, "recordInt32", "mailedRecordInt32")    \
  X(acquire_slot, AcquireSlot, "acquireSlot", "mailedAcquireSlot") \
  X(release_slot, ReleaseSlot, "releaseSlot", "mailedReleaseSlot") \
  X(ring_write, WriteDoubles, "ringWrite", "mailedRingWrite")

namespace rseq::targets {

/// What V8 passes first: the receiver, unused.
using Receiver = void*;

using Inc = void (*)(Receiver, uint32_t id);
using AddInt32 = void (*)(Receiver, uint32_t id, int32_t n);
using AddDouble = void (*)(Receiver, uint32_t id, double x);
using AcquireSlot = int32_t (*)(Receiver, uint32_t id, uint32_t thread);
/// @return a pool::Refusal
using ReleaseSlot = uint32_t (*)(Receiver, uint32_t id, uint32_t slot, uint32_t thread);
/// @return ring.h's Verdict
using WriteDoubles = int32_t (*)(Receiver, uint32_t id, double a, double b, double c, double d);

/// Addresses handed from one addon of this process to the other.
struct Table {
#define RSEQ_FIELD(field, Type, name, mailed) Type field;
  RSEQ_HOT(RSEQ_FIELD)
#undef RSEQ_FIELD
};

}  // namespace rseq::targets
