/// The armed marker: has anything taken the CPU from this thread since?
///
/// The marker is a descriptor whose section holds no instruction that is ever executed. Its address in
/// rseq_cs watches nothing; but when the kernel takes the CPU from the thread, or sends it a signal, it finds
/// a section that the thread is not in, and clears rseq_cs on the way back. So what stands there tells:
///
///     marker              nothing has happened since it was stored
///     0                   interrupted
///     another descriptor  a section ran, of this package or of another library; nothing else is known
///
/// JavaScript stores and reads it, through its view of the area. A missing marker is written down in the
/// thread's record before it is stored again: all who watch the thread, from any copy of the package, share
/// that one word, and none may hide from another what it has seen. The CPU stands there as well: from
/// Linux 6.19 on a move within a system call does not clear rseq_cs.
///
/// Nothing is to be stored in an area that is not registered: there it would stay.
#pragma once

#include <stdint.h>

namespace rseq::preemption {

/// Of a thread. JavaScript writes the first three numbers. Counters wrap.
struct Record {
  uint64_t marker;         ///< its address, of which the low 32 bits are not 0; 0 where sections cannot be
  uint32_t lost;           ///< how often the marker was missing when it was to be stored, or the CPU another
  uint32_t interruptions;  ///< … but for the times that there was another descriptor in its place
  uint32_t cpu;            ///< where the thread was when the marker was stored
  uint32_t voluntary;      ///< context switches of the thread: it waited
  uint32_t involuntary;    ///< … and it could have gone on
  double time;             ///< nanoseconds
};

/// The calling thread's, for its life.
Record* record();

/// Settles the thread, and where the abort check is still at it, waits for its answer: for some 50 ms.
/// @return whether the marker may be armed: sections may run in the thread's area
bool armable();

/// Reads the kernel's count of the calling thread's context switches into its record.
/// @return whether the kernel has told it; else the record is as it was
/// Source: getrusage(2), RUSAGE_THREAD.
bool count_switches();

/// Reads clock.h's clock into the calling thread's record.
void read_clock();

}  // namespace rseq::preemption
