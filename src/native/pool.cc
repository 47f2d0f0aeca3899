#include "pool.h"

#include <stdlib.h>

#include "region/owners.h"

namespace rseq::pool {
namespace {

using region::Held;
using sequences::Outcome;
using sequences::Section;
using slots::Slots;
namespace owners = region::owners;

constexpr uint32_t kNoHint = ~UINT32_C(0);
/// In `top`, above the height: counts changes, so that a height that has come back is not taken for the same.
constexpr uint64_t kChange = UINT64_C(1) << 32;

uint64_t* cell(const Slots& slots, uint32_t stripe, uint32_t i) {
  return arena::stripes.cell<uint64_t>(stripe, slots.cell) + i;
}

uint64_t* owner_of(const Slots& slots, uint32_t slot) {
  return cell(slots, arena::stripes.count, slots::kFirst + slot);
}

uint64_t load(const uint64_t* word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }

uint32_t height_of(uint64_t top) { return static_cast<uint32_t>(top); }

uint32_t most_hints(const Slots& slots) {
  return slots.count < slots::kMostHints ? slots.count : slots::kMostHints;
}

uint64_t me(const Slots& slots) { return slots.process | owners::thread_word(); }

/// Acquire: pairs with the release of the owner before.
bool take(const Slots& slots, uint32_t slot, uint64_t word) {
  uint64_t* place = owner_of(slots, slot);
  uint64_t nobody = 0;
  // Looked at first: an exchange that fails takes the line from its owner all the same.
  return load(place) == 0 &&
         __atomic_compare_exchange_n(place, &nobody, word, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/// Takes the topmost hint off this CPU's stack. @return kNoHint where there is none
uint32_t pop(const Slots& slots) {
  abi::Area* area = area::current();
  for (int i = 0; i <= counter::kAttempts; ++i) {
    const uint32_t stripe = abi::load(&area->cpu_id);
    if (stripe >= arena::stripes.count) break;
    uint64_t* place = cell(slots, stripe, slots::kTop);
    const uint64_t top = load(place);
    const uint32_t height = height_of(top);
    // Of a hostile region any number.
    if (height == 0 || height > most_hints(slots)) break;
    const uint64_t hint = load(cell(slots, stripe, slots::kFirst + height - 1));
    const auto outcome = sequences::compare_store(area, &area->cpu_id, stripe, place, top, top + kChange - 1);
    if (outcome == Outcome::kCommitted) return static_cast<uint32_t>(hint);
    if (outcome == Outcome::kAborted) counter::count_abort(Section::kCompareStore);
  }
  return kNoHint;
}

/// Puts a hint onto this CPU's stack, if there is room.
void push(const Slots& slots, uint32_t slot) {
  abi::Area* area = area::current();
  for (int i = 0; i <= counter::kAttempts; ++i) {
    const uint32_t stripe = abi::load(&area->cpu_id);
    if (stripe >= arena::stripes.count) return;
    uint64_t* place = cell(slots, stripe, slots::kTop);
    const uint64_t top = load(place);
    const uint32_t height = height_of(top);
    if (height >= most_hints(slots)) return;
    const auto outcome =
        sequences::compare_store_store(area, &area->cpu_id, stripe, place, top,
                                       cell(slots, stripe, slots::kFirst + height), slot, top + kChange + 1);
    if (outcome == Outcome::kCommitted) return;
    if (outcome == Outcome::kAborted) counter::count_abort(Section::kCompareStoreStore);
  }
}

/// Looks at every slot, from where this CPU found the last one; at first each CPU has a part of its own, so
/// that two do not share the lines of their owners.
int32_t search(const Slots& slots, uint64_t word) {
  const uint32_t stripes = arena::stripes.count;
  const uint32_t seen = abi::load(&area::current()->cpu_id);
  const uint32_t stripe = seen < stripes ? seen : stripes;
  const auto part = static_cast<uint32_t>(uint64_t{slots.count} * stripe / (stripes + 1));
  // A hint as well: written by whoever was here, whichever CPU it is on by now.
  uint64_t* next = cell(slots, stripe, slots::kNext);
  auto slot = static_cast<uint32_t>((load(next) + part) % slots.count);
  for (uint32_t i = 0; i < slots.count; ++i) {
    if (take(slots, slot, word)) {
      __atomic_store_n(next, (slot + 1 + slots.count - part) % slots.count, __ATOMIC_RELAXED);
      return static_cast<int32_t>(slot);
    }
    if (++slot == slots.count) slot = 0;
  }
  return kEmpty;
}

/// @return whether a thread of this process owns it, and why not
Refusal held_here(const Slots& slots, uint64_t word) {
  if (word == 0 || (word & owners::kMark) != 0) return Refusal::kFree;
  return owners::process_of(word) == slots.process ? Refusal::kNone : Refusal::kForeign;
}

/// Puts `wanted`'s result in the place of a word of this process's.
template <typename Wanted>
Refusal replace(const Slots& slots, uint32_t slot, int order, Wanted wanted) {
  if (slots.count == 0) return Refusal::kNoPool;
  if (slot >= slots.count) return Refusal::kOutside;
  uint64_t* place = owner_of(slots, slot);
  uint64_t word = load(place);
  for (;;) {
    const Refusal refused = held_here(slots, word);
    if (refused != Refusal::kNone) return refused;
    if (__atomic_compare_exchange_n(place, &word, wanted(word), false, order, __ATOMIC_RELAXED))
      return Refusal::kNone;
  }
}

uint64_t* owner_of(uint32_t region, const Held& held, uint32_t slot) {
  return reinterpret_cast<uint64_t*>(
      region::cell_of(region, held, region::stripes_of(region), slots::kFirst + slot));
}

}  // namespace

int32_t acquire(uint32_t id) {
  const Slots slots = slots::pools.at(id);
  if (slots.count == 0) return kNobody;
  const uint64_t word = me(slots);
  for (uint32_t i = 0; i < slots::kMostHints; ++i) {
    const uint32_t hint = pop(slots);
    if (hint == kNoHint) break;
    if (hint < slots.count && take(slots, hint, word)) return static_cast<int32_t>(hint);
  }
  return search(slots, word);
}

Refusal release(uint32_t id, uint32_t slot) {
  const Slots slots = slots::pools.at(id);
  const Refusal refused = replace(slots, slot, __ATOMIC_RELEASE, [](uint64_t) { return UINT64_C(0); });
  if (refused == Refusal::kNone) push(slots, slot);
  return refused;
}

int32_t acquire_many(uint32_t id, int32_t* out, uint32_t most) {
  if (slots::pools.at(id).count == 0) return kNobody;
  uint32_t count = 0;
  for (; count < most; ++count) {
    const int32_t slot = acquire(id);
    if (slot < 0) break;
    __atomic_store_n(&out[count], slot, __ATOMIC_RELAXED);
  }
  return static_cast<int32_t>(count);
}

Refusal release_many(uint32_t id, const int32_t* from, uint32_t count, uint32_t* at) {
  const Slots slots = slots::pools.at(id);
  if (slots.count == 0) return Refusal::kNoPool;
  auto* mine = static_cast<uint32_t*>(malloc(size_t{count} * sizeof(uint32_t) + 1));
  if (mine == nullptr) return Refusal::kNoMemory;
  // Marked first: nobody else can release or take a marked one, and a slot that is there twice is found.
  Refusal refused = Refusal::kNone;
  uint32_t marked = 0;
  for (; marked < count; ++marked) {
    mine[marked] = static_cast<uint32_t>(__atomic_load_n(&from[marked], __ATOMIC_RELAXED));
    refused =
        replace(slots, mine[marked], __ATOMIC_RELAXED, [](uint64_t word) { return word | owners::kMark; });
    if (refused != Refusal::kNone) break;
  }
  *at = marked;
  for (uint32_t i = 0; i < marked; ++i) {
    uint64_t* place = owner_of(slots, mine[i]);
    if (refused == Refusal::kNone) {
      __atomic_store_n(place, UINT64_C(0), __ATOMIC_RELEASE);
      push(slots, mine[i]);
    } else {
      __atomic_fetch_and(place, ~owners::kMark, __ATOMIC_RELAXED);
    }
  }
  free(mine);
  return refused;
}

Refusal adopt(uint32_t id, uint32_t slot) {
  const Slots slots = slots::pools.at(id);
  return replace(slots, slot, __ATOMIC_ACQ_REL, [&](uint64_t) { return me(slots); });
}

uint64_t owner(uint32_t region, const Held& held, uint32_t slot) {
  return load(owner_of(region, held, slot));
}

uint32_t count_held(uint32_t region, const Held& held) {
  uint32_t count = 0;
  for (uint32_t slot = 0; slot < held.cells - slots::kFirst; ++slot)
    if (owner(region, held, slot) != 0) ++count;
  return count;
}

uint32_t reclaim(uint32_t region, const Held& held) {
  if (held.id == region::kNoId) return 0;  // read-only memory
  uint32_t count = 0;
  uint64_t last = 0;
  bool last_lives = true;
  for (uint32_t slot = 0; slot < held.cells - slots::kFirst; ++slot) {
    uint64_t* place = owner_of(region, held, slot);
    uint64_t word = load(place);
    if (word == 0) continue;
    // Slots of one owner stand together, and asking takes a system call.
    const uint64_t who = word & ~owners::kMark;
    if (who != last) last_lives = owners::lives(region, who);
    last = who;
    // Release: of what the dead has written, as much as is visible here. Exchanged, for others reclaim as
    // well.
    if (!last_lives &&
        __atomic_compare_exchange_n(place, &word, UINT64_C(0), false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
      ++count;
  }
  return count;
}

}  // namespace rseq::pool
