// Which entries this process holds, and what becomes of those that nobody holds any more.
#include <algorithm>

#include "region/directory.h"
#include "region/lock.h"

namespace rseq::region {

void Directory::mark_held(uint32_t number) {
  __atomic_fetch_or(hold_word(process, number), UINT64_C(1) << number % 64, __ATOMIC_RELAXED);
}

/// Under the lock: so the last one to let go of what is refused finds it unheld, and removes it.
int32_t Directory::hold_if(const Sort& sort, uint32_t number, const Entry& copied) {
  if (!sort.is_of(copied)) return kOtherKind;
  // Else room would be taken for cells that it cannot have.
  if (copied.cells > kFewCells && !is_shaped(copied)) return kDamaged;
  int32_t failed = take_room(hold_word(process, number), sizeof(uint64_t));
  if (failed == 0) failed = take_room_for_cells(copied.kind, copied.cell, copied.cells);
  if (failed != 0) return failed;
  mark_held(number);
  return static_cast<int32_t>(number);
}

int32_t Directory::hold(const Sort& sort, const Bytes& name, const Bytes& labels, Entry* out) {
  if (const int32_t failed = lock(); failed != 0) return failed;
  int32_t number = look(name, labels, out);
  if (number >= 0) number = hold_if(sort, static_cast<uint32_t>(number), *out);
  unlock();
  return number;
}

int32_t Directory::hold(const Sort& sort, uint32_t number, uint32_t generation, Entry* out) {
  if (const int32_t failed = lock(); failed != 0) return failed;
  const bool there = copy(number, out) && out->generation == generation;
  const int32_t result = there ? hold_if(sort, number, *out) : static_cast<int32_t>(kAbsent);
  unlock();
  return result;
}

/// Under the lock.
bool Directory::is_living(uint32_t owner) {
  if (owner == process) return true;
  const uint64_t bit = UINT64_C(1) << owner % 64;
  if ((living.asked[owner / 64] & bit) == 0) {
    living.asked[owner / 64] |= bit;
    if (lock::is_alive(fd, owner)) living.alive[owner / 64] |= bit;
  }
  return (living.alive[owner / 64] & bit) != 0;
}

/// Under the lock.
bool Directory::is_held(uint32_t number) {
  const uint64_t bit = UINT64_C(1) << number % 64;
  for (uint32_t owner = 0; owner < process_high(); ++owner) {
    if (!is_living(owner) || !is_there(hold_word(owner, number))) continue;
    // Acquire, the pair of drop_hold(): what is unheld nobody adds to any more.
    if ((__atomic_load_n(hold_word(owner, number), __ATOMIC_ACQUIRE) & bit) != 0) return true;
  }
  return false;
}

void Directory::remove_if_unheld(uint32_t number) {
  if (load(&entries[number].state) == kLive && !is_held(number)) remove(number);
}

void Directory::let_go_locked(uint32_t number) {
  begin();
  drop_hold(number);
  remove_if_unheld(number);
  end();
}

int32_t Directory::let_go(uint32_t number, bool keep) {
  if (keep && leave(number)) return 0;
  // Held until the lock is: nobody else can take the number meanwhile, and forget() finds it if this process
  // dies here.
  if (const int32_t failed = lock(std::min(patience, kShortPatience)); failed != 0) return failed;
  let_go_locked(number);
  unlock();
  return 0;
}

bool Directory::leave(uint32_t number) {
  if (entries[number].lengths[kName] == 0) return false;
  drop_hold(number);
  return true;
}

}  // namespace rseq::region
