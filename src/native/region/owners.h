/// Who owns something in a region, as one word that can be compared and exchanged: a slot of a pool, the
/// right to drain a ring.
///
///     63         62 … 53        52 … 32      31 … 12   11 … 0
///     the thing's process slot  incarnation  turn      thread slot
///
/// A process slot is given to a next process, and a thread slot to a next thread, so each is told from the
/// one before by a number: the incarnation, and the turn. 0 is nobody's.
#pragma once

#include "region.h"

namespace rseq::region::owners {

/// For the user of the word: who made it set it, and lives() does not look at it.
inline constexpr uint64_t kMark = UINT64_C(1) << 63;

inline constexpr uint32_t kThreadBits = 32;
inline constexpr uint32_t kIncarnationBits = 21;

/// The upper half: a process, as all its words have it.
inline uint64_t process_of(uint64_t word) { return (word & ~kMark) >> kThreadBits << kThreadBits; }

/// Not 0, so that no word is.
inline uint32_t next_incarnation(uint32_t last) {
  const uint32_t next = (last + 1) & ((1U << kIncarnationBits) - 1);
  return next != 0 ? next : 1;
}

/// @return this process's upper half in a region that it has joined
uint64_t process_word(const Directory& directory);
/// @return the calling thread's lower half
uint32_t thread_word();
/// The calling thread ends: it lives no more.
void end_thread();

/// @return the calling thread's word, or 0 where the region is none, or is only read
uint64_t word(uint32_t region);
/// Whether the word's thread lives; of another process, whether the process does. What cannot be known counts
/// as alive.
/// @param word  anything
bool lives(uint32_t region, uint64_t word);
/// @return the process's ID, in its own PID namespace; 0 where it is not known any more
uint32_t pid(uint32_t region, uint64_t word);

}  // namespace rseq::region::owners
