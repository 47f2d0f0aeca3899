/// Per-CPU rings of records: writing. What is in the memory stands in objects/records.h, reading in drain.h.
///
/// A thread with rseq writes to the ring of its stripe: the record's words and the head that says so are
/// stored in one critical section. Every other thread, and one whose attempts all failed, writes to the
/// overflow stripe's ring, under a lock that is taken from the dead. So every operation ends, and a record is
/// there whole, or not at all, wherever a thread or process is stopped.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace rseq::ring {

/// What became of a record.
enum Verdict : int32_t {
  kUnfit = -1,     ///< nothing was written: there is no such ring, or it takes no such record
  kDiscarded = 0,  ///< there was no room; counted
  kWritten = 1,
};

/// A record of numbers, as many as the ring's fields.
/// @param id  region::Held's of a ring; any other number writes to some ring, or nowhere
///
/// Ordering: release; what was written before is seen by whoever has read the record.
Verdict write(uint32_t id, double a, double b, double c, double d);

/// A record of bytes. @param bytes  may change meanwhile: they are read once
Verdict write_bytes(uint32_t id, const void* bytes, size_t length);

}  // namespace rseq::ring
