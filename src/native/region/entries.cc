// Which entries this process's threads have open, and what becomes of them when they are closed.
#include <stdlib.h>
#include <string.h>

#include "region/fault.h"
#include "region/kinds.h"
#include "region/owners.h"
#include "region/table.h"

namespace rseq::region {
namespace {

/// One more opening of an entry by this thread. @return false without memory
bool count(uint32_t number, uint32_t entry) {
  Mine& own = mine[number];
  if (entry >= own.size) {
    uint32_t size = own.size != 0 ? own.size : 64;
    while (size <= entry) size *= 2;
    auto* counts = static_cast<uint32_t*>(malloc(size_t{size} * sizeof(uint32_t)));
    if (counts == nullptr) return false;
    memset(counts, 0, size_t{size} * sizeof(uint32_t));
    if (own.size != 0) memcpy(counts, own.counts, size_t{own.size} * sizeof(uint32_t));
    free(own.counts);
    own.counts = counts;
    own.size = size;
  }
  ++own.counts[entry];
  ++own.entries;
  return true;
}

/// What is done with the first reference of this process: the entry's numbers are copied out, checked.
int32_t remember(Region& region, uint32_t entry, const Entry& copied) {
  Held& held = region.held[entry];
  held = Held::of(copied);
  if (!region.directory.is_shaped(copied)) return kDamaged;
  if (region.read_only) return 0;
  const uint32_t in_arena = region.first + copied.cell;
  held.id = copied.by_mm_cid != 0 ? in_arena | kByMmCid : in_arena;
  const KindOps& kind = ops(copied.kind);
  if (kind.open == nullptr) return 0;
  const int32_t number = kind.open(static_cast<uint32_t>(&region - regions), copied, in_arena);
  if (number < 0) return number;
  held.shape = static_cast<uint32_t>(number) + 1;
  held.id = static_cast<uint32_t>(number);
  return 0;
}

void wait_to_let_go(Region& region, uint32_t entry) {
  region.held[entry].waits = true;
  ++region.waiting;
}

/// This process has let the last reference go: what it keeps of the entry goes.
void forget(Region& region, uint32_t entry) {
  Held& held = region.held[entry];
  if (held.shape != 0) ops(held.kind).close(held.shape - 1);
  held = {};
  --region.entries_held;
}

/// … and its hold, by somebody who gives it up.
int32_t drop(Region& region, uint32_t entry) {
  forget(region, entry);
  if (region.read_only) return 0;
  // Its cells are set to zero where all others have them.
  fault::heal(static_cast<uint32_t>(&region - regions));
  const int32_t failed = region.directory.let_go(entry, false);
  if (failed != 0) {
    wait_to_let_go(region, entry);
  } else {
    let_go_of_waiting(region, 0);
  }
  return failed;
}

/// … and its hold, by somebody who ends: a name stays. What has none waits for the lock, see end_thread().
void leave(Region& region, uint32_t entry) {
  forget(region, entry);
  if (!region.read_only && !region.directory.leave(entry)) wait_to_let_go(region, entry);
}

/// Whether an entry is what this process holds by its number. Somebody who writes to the file can have made
/// another one of it since: what this process has checked stays so.
bool is_same(const Held& held, const Entry& copied) {
  return held.generation == copied.generation && held.kind == copied.kind && held.cell == copied.cell &&
         held.cells == copied.cells && held.form == copied.shape;
}

/// One more opening by this thread of an entry that this process holds, or only looks at.
/// @param made  by this opening: where it fails, the entry goes again
int32_t take(uint32_t number, uint32_t entry, const Entry& copied, bool made = false) {
  Region& region = regions[number];
  Held& held = region.held[entry];
  const bool first = held.references == 0;
  int32_t failed = 0;
  if (first) {
    if (held.waits) --region.waiting;
    held.waits = false;
    ++region.entries_held;
    failed = remember(region, entry, copied);
  } else if (!is_same(held, copied)) {
    failed = kDamaged;
  }
  if (failed == 0 && !count(number, entry)) failed = kNoMemory;
  if (failed != 0) {
    if (first && made) {
      drop(region, entry);
    } else if (first) {
      leave(region, entry);
    }
    return failed;
  }
  ++held.references;
  return static_cast<int32_t>(entry);
}

/// take(), of what was found without the lock.
/// @param entry  or a Result
int32_t take_if(uint32_t number, const Sort& sort, int32_t entry, const Entry& copied) {
  if (entry < 0) return entry;
  if (!sort.is_of(copied)) return kOtherKind;
  const int32_t taken = take(number, static_cast<uint32_t>(entry), copied);
  // Who only looks on can have met the texts of a next owner.
  const Region& region = regions[number];
  const bool is_gone = taken == kDamaged && region.read_only &&
                       !region.directory.still(static_cast<uint32_t>(entry), copied.generation);
  return is_gone ? static_cast<int32_t>(kAbsent) : taken;
}

/// take(), of what a change has made this process hold.
/// @param entry  or a Result
/// @param made   by that change
int32_t take_held(uint32_t number, int32_t entry, const Entry& copied, bool made = false) {
  const bool had_lock = entry != kBusy && entry != kSystem;
  // There was room for its cells: they are not to be this process's alone.
  fault::heal(number);
  const int32_t taken = entry < 0 ? entry : take(number, static_cast<uint32_t>(entry), copied, made);
  if (had_lock) let_go_of_waiting(regions[number], 0);
  return taken;
}

/// Whether this process holds what a look without the lock found: then it is so.
bool holds(const Region& region, int32_t entry, const Entry& copied) {
  if (entry < 0) return false;
  const Held& held = region.held[entry];
  return held.references != 0 && held.generation == copied.generation;
}

/// @param times  openings of this thread that end
/// @return whether they were the process's last
bool release_locked(uint32_t number, uint32_t entry, uint32_t times) {
  Held& held = regions[number].held[entry];
  mine[number].counts[entry] -= times;
  mine[number].entries -= times;
  if (held.references == times) return true;
  held.references -= times;
  return false;
}

}  // namespace

constinit thread_local Mine mine[kMaxRegions] = {};

void let_go_of_waiting(Region& region, uint32_t milliseconds) {
  if (region.waiting == 0) return;
  region.directory.let_go_of_all(milliseconds, [&](uint32_t entry) {
    Held& held = region.held[entry];
    if (!held.waits) return false;
    held.waits = false;
    --region.waiting;
    return true;
  });
}

int32_t open(uint32_t region, Kind kind, bool by_mm_cid, const Bytes& name, const Bytes& labels) {
  Region* found = active(region);
  if (found == nullptr) return kClosed;
  const Guard guard(found->mutex);
  Directory& directory = found->directory;
  const Sort sort = {kind, by_mm_cid};
  Entry copied;
  if (found->read_only) return take_if(region, sort, directory.search(name, labels, &copied), copied);
  const int32_t entry = directory.look(name, labels, &copied);
  if (holds(*found, entry, copied)) return take_if(region, sort, entry, copied);
  return take_held(region, directory.hold(sort, name, labels, &copied), copied);
}

int32_t make(uint32_t region, const Description& wanted) {
  Region* found = active(region);
  if (found == nullptr) return kClosed;
  if (found->read_only) return kReadOnly;
  const Guard guard(found->mutex);
  Entry copied;
  bool made = false;
  const int32_t entry = found->directory.make(wanted, &copied, &made);
  return take_held(region, entry, copied, made);
}

int32_t adopt(uint32_t region, Kind kind, bool by_mm_cid, uint32_t entry, uint32_t generation) {
  Region* found = active(region);
  if (found == nullptr) return kClosed;
  const Guard guard(found->mutex);
  Directory& directory = found->directory;
  const Sort sort = {kind, by_mm_cid};
  Entry copied;
  if (!directory.copy(entry, &copied) || copied.generation != generation) return kAbsent;
  const auto number = static_cast<int32_t>(entry);
  if (found->read_only || holds(*found, number, copied)) return take_if(region, sort, number, copied);
  return take_held(region, directory.hold(sort, entry, generation, &copied), copied);
}

int32_t release(uint32_t region, uint32_t entry) {
  const Guard guard(table);
  Region* found = active(region);
  if (found == nullptr || entry >= mine[region].size || mine[region].counts[entry] == 0) return kClosed;
  pthread_mutex_lock(&found->mutex);
  const int32_t result = release_locked(region, entry, 1) ? drop(*found, entry) : 0;
  pthread_mutex_unlock(&found->mutex);
  close_locked(region, 0);
  return result;
}

int32_t remove_dead_gauges(uint32_t region, const Bytes& mark) {
  Region* found = active(region);
  if (found == nullptr) return kClosed;
  if (found->read_only) return kReadOnly;
  const Guard guard(found->mutex);
  return found->directory.remove_dead_gauges(mark);
}

void end_thread() {
  const Guard guard(table);
  for (uint32_t i = 0; i < kMaxRegions; ++i) {
    Mine& own = mine[i];
    Region& region = regions[i];
    // Node has closed the listeners of signals by now, and with the last one of SIGBUS put back the default.
    if ((own.opened | own.entries) != 0) fault::heal(i);
    pthread_mutex_lock(&region.mutex);
    for (uint32_t entry = 0; entry < own.size; ++entry) {
      const uint32_t times = own.counts[entry];
      if (times != 0 && release_locked(i, entry, times)) leave(region, entry);
    }
    // With the table's mutex, which all threads of the process need: in one hold of the lock, or later.
    let_go_of_waiting(region, 0);
    pthread_mutex_unlock(&region.mutex);
    free(own.counts);
    if (own.roles != 0) step_down_locked(i, own.roles);
    if (own.opened != 0) close_locked(i, own.opened);
    own = {};
  }
  owners::end_thread();
}

const Held* held(uint32_t region, uint32_t entry) {
  const Region* found = active(region);
  if (found == nullptr || entry >= mine[region].size || mine[region].counts[entry] == 0) return nullptr;
  const Held* one = &found->held[entry];
  // Who only looks on holds nothing: the entry can have got another owner.
  return !found->read_only || found->directory.still(entry, one->generation) ? one : nullptr;
}

int64_t* cell_of(uint32_t region, const Held& held, uint32_t stripe, uint32_t i) {
  return regions[region].directory.cell(stripe, held.cell + i);
}

uint32_t stripes_of(uint32_t region) { return regions[region].directory.sizes.stripes; }

}  // namespace rseq::region
