/// Per-CPU pools: slots that threads acquire and release.
///
/// Whether a slot is free, and whose it is, says one word: its owner. So a slot is held once, whatever is
/// killed where, and nothing has to be repaired or fenced. What is per CPU is where to look: each CPU has a
/// stack of slots that were released on it, pushed and popped by sections. A hint may be wrong (another
/// thread has found the slot in the meantime), be lost, or be there twice: then taking the slot fails, or a
/// search finds it. Before a pool says that it is empty, it has looked at every slot.
///
/// Who may change an owner's word:
///
///     0                  anybody, by an exchange                        acquire
///     a living thread's  that thread alone, so a store is enough        release, hand_over
///     a dead one's       anybody, by an exchange                        reclaim
///     handed over        who knows the number, by an exchange           adopt
///                        anybody, once its process is dead              reclaim
///
/// A slot's number alone takes nothing from anybody: it may be from before a reclaim, and another's by now.
///
/// Ordering: what a thread did before it released a slot or handed it over, the next owner sees (release,
/// acquire).
#pragma once

#include "objects/counter.h"
#include "objects/slots.h"

namespace rseq::pool {

/// In place of a slot.
inline constexpr int32_t kEmpty = -1;   ///< each slot was held when it was looked at
inline constexpr int32_t kNobody = -2;  ///< the id is no pool's

/// Why a slot cannot be released, handed over or adopted. pool-calls.ts has them too.
enum class Refusal : uint32_t {
  kNone,
  kOutside,  ///< the pool has no such slot
  kFree,     ///< nobody holds it; of a hand-over: it is over
  kForeign,  ///< another process does
  kNoPool,
  kNoMemory,
  kOther,       ///< another thread of this process does
  kHandedOver,  ///< it is on its way
};

/// @param id      region::Held's of a pool; any other number is nobody's, or some pool's of this process
/// @param thread  owners::thread_word() of the calling thread, for looking it up costs as much as a section
/// @return a slot, which the calling thread owns; or kEmpty, kNobody
int32_t acquire(uint32_t id, uint32_t thread);

/// @param slot  that the calling thread owns
Refusal release(uint32_t id, uint32_t slot, uint32_t thread);

/// As many slots as there are, at most `most`. `out` may be shared memory.
/// @return how many, or kNobody
int32_t acquire_many(uint32_t id, int32_t* out, uint32_t most);

/// Releases all of them, or none. `slots` may be shared memory.
/// @param at  of the first one that cannot be released
Refusal release_many(uint32_t id, const int32_t* slots, uint32_t count, uint32_t* at);

/// Makes a slot of the calling thread's one that is on its way. It stays so while this process lives,
/// whatever becomes of the thread.
/// @param ticket  what adopts it, once: number of the hand-over << slots::kSlotBits | slot. Each number is given
///                once in 2³² hand-overs of a pool, to all processes together
Refusal hand_over(uint32_t id, uint32_t slot, uint64_t* ticket);

/// Makes the calling thread the owner of what was handed over, by any thread of any process.
Refusal adopt(uint32_t id, uint64_t ticket);

// --- `held` of region::held() ----------------------------------------------------------------------------

/// @param slot  below held.form
/// @return the owner's word, or 0
uint64_t owner(uint32_t region, const region::Held& held, uint32_t slot);
uint32_t count_held(uint32_t region, const region::Held& held);
/// Frees what dead threads of this process own, and dead processes. @return how many slots
uint32_t reclaim(uint32_t region, const region::Held& held);

}  // namespace rseq::pool
