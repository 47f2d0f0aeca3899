#include "objects/pool.h"

#include <stdlib.h>

#include "region/owners.h"

namespace rseq::pool {
namespace {

using sequences::Outcome;
using sequences::Section;
using slots::Slots;
namespace owners = region::owners;

constexpr uint32_t kNoHint = ~UINT32_C(0);
/// In `top`, above the height: counts changes, so that a height that has come back is not taken for the same.
constexpr uint64_t kChange = UINT64_C(1) << 32;

uint64_t load(const uint64_t* word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }

uint32_t height_of(uint64_t top) { return static_cast<uint32_t>(top); }

/// A pool's run in a stripe.
uint64_t* run_of(const arena::Stripes& stripes, uint32_t stripe, const Slots& slots) {
  return stripes.cell<uint64_t>(stripe, slots.cell());
}

uint64_t* owner_of(const arena::Stripes& stripes, const Slots& slots, uint32_t slot) {
  return reinterpret_cast<uint64_t*>(stripes.overflow) + slots.cell() + slots::kFirst + slot;
}

/// Acquire: pairs with the release of the owner before.
bool exchange(uint64_t* owner, uint64_t word) {
  uint64_t nobody = 0;
  return __atomic_compare_exchange_n(owner, &nobody, word, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/// One attempt to take the topmost hint off this CPU's stack.
/// @param hint  kNoHint where there is none, and nothing is tried
RSEQ_SECTION Outcome pop(const arena::Stripes& stripes, abi::Area* area, const Slots& slots, uint32_t* hint) {
  *hint = kNoHint;
  const uint32_t stripe = abi::load(&area->cpu_id);
  if (stripe >= stripes.count) [[unlikely]]
    return Outcome::kCommitted;
  uint64_t* run = run_of(stripes, stripe, slots);
  const uint64_t top = load(run + slots::kTop);
  const uint32_t height = height_of(top);
  // Of a hostile region any number.
  if (height - 1 >= slots::kMostHints) [[unlikely]]
    return Outcome::kCommitted;
  *hint = static_cast<uint32_t>(load(run + slots::kFirst + height - 1));
  return sequences::compare_store(area, &area->cpu_id, stripe, run + slots::kTop, top, top + kChange - 1);
}

/// One attempt to put a hint onto this CPU's stack, if there is room.
RSEQ_SECTION Outcome push(const arena::Stripes& stripes, abi::Area* area, const Slots& slots, uint32_t slot) {
  const uint32_t stripe = abi::load(&area->cpu_id);
  if (stripe >= stripes.count) [[unlikely]]
    return Outcome::kCommitted;
  uint64_t* run = run_of(stripes, stripe, slots);
  const uint64_t top = load(run + slots::kTop);
  const uint32_t height = height_of(top);
  if (height >= slots::kMostHints) [[unlikely]]
    return Outcome::kCommitted;
  return sequences::compare_store_store(area, &area->cpu_id, stripe, run + slots::kTop, top,
                                        run + slots::kFirst + height, slot, top + kChange + 1);
}

/// pop(), until it is done. @return kNoHint also where all attempts failed
uint32_t pop_again(const Slots& slots) {
  abi::Area* area = area::current();
  for (int i = 0; i < counter::kAttempts; ++i) {
    uint32_t hint;
    const Outcome outcome = pop(arena::stripes, area, slots, &hint);
    if (outcome == Outcome::kCommitted) return hint;
    if (outcome == Outcome::kAborted) counter::count_abort(Section::kCompareStore);
  }
  return kNoHint;
}

/// push(), after an attempt that failed. A hint can be lost: the slot is found all the same.
[[gnu::noinline]] void push_again(uint32_t id, uint32_t slot, Outcome outcome) {
  const Slots slots = slots::pools.at(id);
  if (!slots.exists()) return;
  abi::Area* area = area::current();
  if (outcome == Outcome::kAborted) counter::count_abort(Section::kCompareStoreStore);
  for (int i = 0; i < counter::kAttempts; ++i) {
    outcome = push(arena::stripes, area, slots, slot);
    if (outcome == Outcome::kCommitted) return;
    if (outcome == Outcome::kAborted) counter::count_abort(Section::kCompareStoreStore);
  }
}

/// Looks at every slot, from where this CPU found the last one; at first each CPU has a part of its own, so
/// that two do not share the lines of their owners.
int32_t search(const Slots& slots, uint64_t word) {
  const arena::Stripes& all = arena::stripes;
  const uint32_t count = slots.count();
  const uint32_t seen = abi::load(&area::current()->cpu_id);
  const uint32_t stripe = seen < all.count ? seen : all.count;
  const auto part = static_cast<uint32_t>(uint64_t{count} * stripe / (all.count + 1));
  // A hint as well: written by whoever was here, whichever CPU it is on by now.
  uint64_t* next = run_of(all, stripe, slots) + slots::kNext;
  auto slot = static_cast<uint32_t>((load(next) + part) % count);
  for (uint32_t i = 0; i < count; ++i) {
    uint64_t* owner = owner_of(all, slots, slot);
    // Looked at first: an exchange that fails takes the line from its owner all the same.
    if (load(owner) == 0 && exchange(owner, word)) {
      __atomic_store_n(next, (slot + 1 + count - part) % count, __ATOMIC_RELAXED);
      return static_cast<int32_t>(slot);
    }
    if (++slot == count) slot = 0;
  }
  return kEmpty;
}

/// acquire(), where its first hint was none, wrong or not to be had.
[[gnu::noinline]] int32_t acquire_again(uint32_t id, uint32_t thread, Outcome outcome) {
  const Slots slots = slots::pools.at(id);
  if (!slots.exists()) return kNobody;
  if (outcome == Outcome::kAborted) counter::count_abort(Section::kCompareStore);
  const uint64_t word = slots.process | thread;
  for (uint32_t i = 0; i < slots::kMostHints; ++i) {
    const uint32_t hint = pop_again(slots);
    if (hint >= slots.count()) break;
    if (exchange(owner_of(arena::stripes, slots, hint), word)) return static_cast<int32_t>(hint);
  }
  return search(slots, word);
}

/// Why a slot is not the calling thread's.
[[gnu::noinline]] Refusal why(const Slots& slots, uint64_t word) {
  if (word == 0) return Refusal::kFree;
  if (owners::is_handed_over(word)) return Refusal::kHandedOver;
  return owners::process_of(word) == slots.process ? Refusal::kOther : Refusal::kForeign;
}

/// Puts `wanted` in the place of the calling thread's word. Nobody else changes that word while the thread
/// lives, so it takes no exchange; but where several threads have it, two may release what one holds.
///
/// Release: pairs with exchange() and adopt().
/// @return kNone, or why nothing was changed
RSEQ_SECTION Refusal replace(const arena::Stripes& stripes, const Slots& slots, uint32_t slot, uint64_t mine,
                             uint64_t wanted) {
  if (slot >= slots.count()) [[unlikely]]
    return slots.exists() ? Refusal::kOutside : Refusal::kNoPool;
  uint64_t* owner = owner_of(stripes, slots, slot);
  uint64_t word = load(owner);
  if (word != mine) [[unlikely]]
    return why(slots, word);
  if (owners::is_shared(mine)) [[unlikely]] {
    const bool done =
        __atomic_compare_exchange_n(owner, &word, wanted, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
    return done ? Refusal::kNone : why(slots, word);
  }
  __atomic_store_n(owner, wanted, __ATOMIC_RELEASE);
  return Refusal::kNone;
}

/// The number of a next hand-over. Not 0, so that no ticket is a slot's number.
uint32_t next_number(const Slots& slots) {
  uint64_t* count = run_of(arena::stripes, arena::stripes.count, slots) + slots::kTop;
  uint32_t number;
  do number = static_cast<uint32_t>(__atomic_add_fetch(count, 1, __ATOMIC_RELAXED));
  while (number == 0);
  return number;
}

}  // namespace

int32_t acquire(uint32_t id, uint32_t thread) {
  const int64_t offset = __atomic_load_n(&area::libc_offset, __ATOMIC_RELAXED);
  const arena::Stripes stripes = arena::copy();
  const Slots slots = slots::pools.at(id);
  auto outcome = Outcome::kMoved;
  if (offset != 0 && slots.exists()) [[likely]] {
    auto* area = reinterpret_cast<abi::Area*>(abi::thread_pointer() + offset);
    uint32_t hint;
    outcome = pop(stripes, area, slots, &hint);
    if (outcome == Outcome::kCommitted && hint < slots.count() &&
        exchange(owner_of(stripes, slots, hint), slots.process | thread)) [[likely]]
      return static_cast<int32_t>(hint);
  }
  return acquire_again(id, thread, outcome);
}

Refusal release(uint32_t id, uint32_t slot, uint32_t thread) {
  const int64_t offset = __atomic_load_n(&area::libc_offset, __ATOMIC_RELAXED);
  const arena::Stripes stripes = arena::copy();
  const Slots slots = slots::pools.at(id);
  const Refusal refused = replace(stripes, slots, slot, slots.process | thread, 0);
  if (refused != Refusal::kNone) [[unlikely]]
    return refused;
  auto outcome = Outcome::kMoved;
  if (offset != 0) [[likely]] {
    auto* area = reinterpret_cast<abi::Area*>(abi::thread_pointer() + offset);
    outcome = push(stripes, area, slots, slot);
    if (outcome == Outcome::kCommitted) [[likely]]
      return Refusal::kNone;
  }
  push_again(id, slot, outcome);
  return Refusal::kNone;
}

int32_t acquire_many(uint32_t id, int32_t* out, uint32_t most) {
  if (!slots::pools.at(id).exists()) return kNobody;
  const uint32_t thread = owners::thread_word();
  uint32_t count = 0;
  for (; count < most; ++count) {
    const int32_t slot = acquire(id, thread);
    if (slot < 0) break;
    __atomic_store_n(&out[count], slot, __ATOMIC_RELAXED);
  }
  return static_cast<int32_t>(count);
}

Refusal release_many(uint32_t id, const int32_t* from, uint32_t count, uint32_t* at) {
  const Slots slots = slots::pools.at(id);
  if (!slots.exists()) return Refusal::kNoPool;
  auto* copied = static_cast<uint32_t*>(malloc(size_t{count} * sizeof(uint32_t) + 1));
  if (copied == nullptr) return Refusal::kNoMemory;
  // Marked first, as handed over to nobody: so a slot that is there twice is found.
  const uint64_t mine = slots.process | owners::thread_word();
  const uint64_t mark = owners::handed_over(slots.process, next_number(slots));
  Refusal refused = Refusal::kNone;
  uint32_t marked = 0;
  for (; marked < count; ++marked) {
    copied[marked] = static_cast<uint32_t>(__atomic_load_n(&from[marked], __ATOMIC_RELAXED));
    refused = replace(arena::stripes, slots, copied[marked], mine, mark);
    if (refused == Refusal::kHandedOver && load(owner_of(arena::stripes, slots, copied[marked])) == mark)
      refused = Refusal::kFree;
    if (refused != Refusal::kNone) break;
  }
  *at = marked;
  const uint64_t wanted = refused == Refusal::kNone ? 0 : mine;
  for (uint32_t i = 0; i < marked; ++i) {
    // Exchanged: somebody may have guessed the number. Then the slot is that one's.
    uint64_t word = mark;
    if (__atomic_compare_exchange_n(owner_of(arena::stripes, slots, copied[i]), &word, wanted, false,
                                    __ATOMIC_RELEASE, __ATOMIC_RELAXED) &&
        wanted == 0)
      push_again(id, copied[i], Outcome::kMoved);
  }
  free(copied);
  return refused;
}

Refusal hand_over(uint32_t id, uint32_t slot, uint64_t* ticket) {
  const Slots slots = slots::pools.at(id);
  if (slot >= slots.count()) return slots.exists() ? Refusal::kOutside : Refusal::kNoPool;
  const uint32_t number = next_number(slots);
  *ticket = uint64_t{number} << slots::kSlotBits | slot;
  return replace(arena::stripes, slots, slot, slots.process | owners::thread_word(),
                 owners::handed_over(slots.process, number));
}

Refusal adopt(uint32_t id, uint64_t ticket) {
  const Slots slots = slots::pools.at(id);
  const auto slot = static_cast<uint32_t>(ticket % slots::kMostSlots);
  const uint64_t number = ticket / slots::kMostSlots;
  if (slot >= slots.count()) return slots.exists() ? Refusal::kOutside : Refusal::kNoPool;
  uint64_t* owner = owner_of(arena::stripes, slots, slot);
  uint64_t word = load(owner);
  // Of any process: its number tells it from all others. Acquire: pairs with replace() of who handed it over.
  const bool is_it = owners::is_handed_over(word) && static_cast<uint32_t>(word) == number;
  const bool done = is_it && __atomic_compare_exchange_n(owner, &word, slots.process | owners::thread_word(),
                                                         false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
  return done ? Refusal::kNone : Refusal::kFree;
}

}  // namespace rseq::pool
