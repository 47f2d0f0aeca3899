// What the dead leave: half-done changes of the directory, and holds.
#include <string.h>

#include "region/claims.h"
#include "region/directory.h"
#include "region/kinds.h"
#include "region/lock.h"
#include "region/owners.h"
#include "region/path.h"
#include "region/shared.h"

namespace rseq::region {
namespace {

bool has(const Bytes& text, const Bytes& part) {
  const auto* at = static_cast<const char*>(text.data);
  for (uint32_t i = 0; i + part.length <= text.length; ++i)
    if (memcmp(at + i, part.data, part.length) == 0) return true;
  return false;
}

}  // namespace

/// Everything but the entries is made again from them.
void Directory::repair() {
  // Whoever died in it had its work cut short at any store, so nothing else is believed.
  // Holes stay holes; and pages stay, for there may be no room to have them again.
  const auto set_zero = [this](void* part, uint64_t bytes) {
    each_part(part, bytes, [](char* from, uint64_t count) { memset(from, 0, count); });
  };
  set_zero(entry_words, sizes.entries / 8);
  set_zero(cell_words, sizes.cells / 8);
  set_zero(text_words, sizes.text_units / 8);
  set_zero(buckets, uint64_t{sizes.entries} * sizeof *buckets);
  header->entry_hint = header->cell_hint = header->text_hint = 0;
  uint32_t entries_used = 0;
  uint32_t cells_used = 0;
  Claims claims(*this);
  each_entry([&](uint32_t number) {
    Entry& entry = entries[number];
    const Entry copied = entry;
    if (copied.state == kFree) return;
    const uint32_t text = units(total_length(copied));
    // Of entries that overlap, the first one stays. What all of them say is bounded first, for each is looked
    // at whole.
    if (!inside(copied) || !claims.take(copied) || !cell_map().is_none_marked(copied.cell, copied.cells) ||
        !text_map().is_none_marked(copied.text, text)) {
      set_state(entry, kFree);
      return;
    }
    entry_map().mark(number, 1);
    cell_map().mark(copied.cell, copied.cells);
    text_map().mark(copied.text, text);
    ++entries_used;
    cells_used += copied.cells;
  });
  // Once: others look at these without the lock, and are to see no less than there is.
  store_shared(&header->entries_used, entries_used);
  store_shared(&header->cells_used, cells_used);
  const auto stays = [this](uint32_t number) {
    return entries[number].state == kLive && entries[number].lengths[kName] != 0;
  };
  // Before anything is in a chain: there each would be sought.
  each_entry([&](uint32_t number) {
    const uint32_t state = entries[number].state;
    if (state == kFree || stays(number)) return;
    if (state == kRemoving || !is_held(number)) remove(number);
  });
  each_entry([&](uint32_t number) {
    if (stays(number)) link(number);
  });
  end();
}

/// What a dead process held: its nameless entries nobody can find any more. Under the lock.
void Directory::forget(uint32_t owner) {
  const uint32_t high = entry_high();
  each_hold_word(owner, (high + 63) / 64, [&](uint32_t i, uint64_t* place) {
    uint64_t bits = __atomic_load_n(place, __ATOMIC_RELAXED);
    for (; bits != 0; bits &= bits - 1) {
      const uint32_t number = i * 64 + static_cast<uint32_t>(__builtin_ctzll(bits));
      __atomic_fetch_and(place, ~(UINT64_C(1) << number % 64), __ATOMIC_RELAXED);
      if (number < high && entries[number].lengths[kName] == 0) remove_if_unheld(number);
    }
  });
}

/// @return whether there were any
bool Directory::forget_the_dead() {
  bool found = false;
  for (uint32_t owner = 0; owner < process_high(); ++owner) {
    if (processes[owner].pid == 0 || is_living(owner)) continue;
    forget(owner);
    store_shared(&processes[owner].pid, 0);
    found = true;
  }
  return found;
}

int32_t Directory::remove_dead_gauges(const Bytes& mark) {
  if (const int32_t failed = lock(0); failed != 0) return failed;
  int32_t removed = 0;
  Claims claims(*this);
  each_entry([&](uint32_t number) {
    Entry copied;
    if (walked > kEnoughWalked || !ops(entries[number].kind).is_of_a_process || !copy(number, &copied) ||
        !claims.take(copied))
      return;
    if (!has(text(copied, kLabels), mark) || is_held(number)) return;
    begin();
    remove(number);
    end();
    ++removed;
  });
  unlock();
  return removed;
}

/// Under the lock.
int32_t Directory::take_place() {
  for (uint32_t i = 0; i < sizes.processes; ++i) {
    if (lock::is_alive(fd, i)) continue;
    // All of it before the place's own lock: to who looks without the directory's lock, what the dead one
    // held must not be a living one's for a moment.
    process = i;
    // With room for the first names that it will hold: as many as a page has bits.
    int32_t failed = take_room(&processes[i], sizeof(Process));
    if (failed == 0) failed = take_room(hold_word(i, 0), sizeof(uint64_t));
    if (failed != 0) return failed;
    begin();
    forget(i);
    Process self = this_process();
    self.incarnation = incarnation = owners::next_incarnation(processes[i].incarnation);
    store_shared(&processes[i], &self, sizeof self);
    if (header->process_high <= i) store_shared(&header->process_high, i + 1);
    end();
    if (lock::take_process(fd, i)) return 0;
  }
  return kTooMany;
}

int32_t Directory::join(const char* path) {
  if (const int32_t failed = lock(patience == 0 ? 0 : kMostPatience); failed != 0) return failed;
  // Nobody else would ever find a file that was swept away: see sweep.cc.
  const bool is_there = path == nullptr || leads_to(path, fd);
  const int32_t result = is_there ? take_place() : static_cast<int32_t>(kAbsent);
  unlock();
  return result;
}

}  // namespace rseq::region
