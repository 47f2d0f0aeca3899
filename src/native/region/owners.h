/// Who owns something in a region, as one word that can be compared and exchanged: a slot of a pool, the
/// right to drain a ring.
///
///     63   62 … 53       52 … 32      31 … 12   11 … 0
///     0    process slot  incarnation  turn      thread slot    a thread's
///     1    process slot  incarnation  number of a hand-over    on its way: its process's, and no thread's
///
/// A process slot is given to a next process, and a thread slot to a next thread, so each is told from the
/// one before by a number: the incarnation, and the turn. 0 is nobody's.
#pragma once

#include "region/region.h"

namespace rseq::region::owners {

inline constexpr uint64_t kHandedOver = UINT64_C(1) << 63;

inline constexpr uint32_t kThreadBits = 32;
inline constexpr uint32_t kIncarnationBits = 21;
inline constexpr uint32_t kThreadSlotBits = 12;
/// Threads that live at a time and are told apart; all others share the last slot, and count as alive.
inline constexpr uint32_t kThreadSlots = 1U << kThreadSlotBits;

/// The upper half: a process, as all its words have it.
inline uint64_t process_of(uint64_t word) { return (word & ~kHandedOver) >> kThreadBits << kThreadBits; }

/// @param process  process_of()
/// @param number   whoever gives numbers gives each once
inline uint64_t handed_over(uint64_t process, uint32_t number) { return kHandedOver | process | number; }
inline bool is_handed_over(uint64_t word) { return (word & kHandedOver) != 0; }

/// Whether several threads may have this word of a thread's.
inline bool is_shared(uint64_t word) { return word % kThreadSlots == kThreadSlots - 1; }

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
/// Whether the word's thread lives; of another process, or handed over, whether the process does. What cannot
/// be known counts as alive.
/// @param word  anything
bool lives(uint32_t region, uint64_t word);
/// @return the process's ID, in its own PID namespace; 0 where it is not known any more
uint32_t pid(uint32_t region, uint64_t word);

}  // namespace rseq::region::owners
