// Who holds a pool's slots, of any region: looked at slot by slot, and freed where an owner is dead.
#include "objects/pool.h"
#include "region/owners.h"

namespace rseq::pool {
namespace {

using region::Held;
namespace owners = region::owners;

uint64_t load(const uint64_t* word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }

uint64_t* owner_of(uint32_t region, const Held& held, uint32_t slot) {
  return reinterpret_cast<uint64_t*>(
      region::cell_of(region, held, region::stripes_of(region), slots::kFirst + slot));
}

}  // namespace

uint64_t owner(uint32_t region, const Held& held, uint32_t slot) {
  // Who counts in it has room for them all.
  if (held.id != region::kNoId) return load(owner_of(region, held, slot));
  Held one = held.constants();
  one.cell += slots::kFirst + slot;
  one.cells = 1;
  uint64_t word = 0;
  region::read_run(region, one, [&](const region::Reading& run) { word = run.load(run.overflow(), 0); });
  return word;
}

uint32_t count_held(uint32_t region, const Held& held) {
  uint32_t count = 0;
  region::read_run(region, held, [&](const region::Reading& run) {
    count = 0;
    for (uint32_t slot = 0; slot < held.form; ++slot)
      if (run.load(run.overflow(), slots::kFirst + slot) != 0) ++count;
  });
  return count;
}

uint32_t reclaim(uint32_t region, const Held& held) {
  if (held.id == region::kNoId) return 0;  // read-only memory
  uint32_t count = 0;
  uint64_t last = 0;
  bool last_lives = true;
  for (uint32_t slot = 0; slot < held.form; ++slot) {
    uint64_t* place = owner_of(region, held, slot);
    uint64_t word = load(place);
    if (word == 0) continue;
    // Slots of one owner stand together, and asking takes a system call. Those on their way are one
    // process's.
    const uint64_t who =
        owners::is_handed_over(word) ? owners::handed_over(owners::process_of(word), 0) : word;
    if (who != last) last_lives = owners::lives(region, who);
    last = who;
    // Release: of what the dead has written, as much as is visible here. Exchanged, for others reclaim and
    // adopt as well.
    if (!last_lives &&
        __atomic_compare_exchange_n(place, &word, UINT64_C(0), false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
      ++count;
  }
  return count;
}

}  // namespace rseq::pool
