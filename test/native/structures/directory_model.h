/// What a directory must be like: all that was made and who holds it, without chains, maps and locks.
#pragma once

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "directory_memory.h"

namespace structures {

struct Known {
  bool is_live = false;
  uint32_t generation = 0;
  Wanted what;
  uint32_t cell = 0;
  uint32_t text = 0;

  bool is_named() const { return !what.texts[region::kName].empty(); }
};

/// A slot of a process: what was ever written there.
struct Slot {
  bool is_taken = false;
  bool is_alive = false;
  std::set<uint32_t> holds;
};

/// What a directory must be like.
class Model {
 public:
  Known entries[kSizes.entries];
  Slot slots[kSizes.processes];
  uint32_t high = 0;

  bool is_held(uint32_t number) const {
    return std::any_of(std::begin(slots), std::end(slots),
                       [&](const Slot& one) { return one.is_alive && one.holds.count(number) != 0; });
  }

  int32_t find(const Wanted& what) const {
    for (uint32_t i = 0; i < kSizes.entries; ++i) {
      const Known& one = entries[i];
      if (one.is_live && one.is_named() && one.what.has_name_of(what)) return static_cast<int32_t>(i);
    }
    return region::kAbsent;
  }

  int32_t make(uint32_t process, const Wanted& what) {
    const int32_t known =
        what.texts[region::kName].empty() ? static_cast<int32_t>(region::kAbsent) : find(what);
    if (known >= 0) return hold(process, known, what);
    int32_t number = place(what);
    if (number < 0 && forget_the_dead()) number = place(what);
    if (number >= 0) slots[process].holds.insert(static_cast<uint32_t>(number));
    return number;
  }

  /// @param number  of what is live, or a Result
  int32_t hold(uint32_t process, int32_t number, const Wanted& what) {
    if (number < 0) return number;
    const Wanted& is = entries[number].what;
    if (is.kind != what.kind || is.by_mm_cid != what.by_mm_cid) return region::kOtherKind;
    slots[process].holds.insert(static_cast<uint32_t>(number));
    return number;
  }

  void let_go(uint32_t process, uint32_t number, bool keep) {
    slots[process].holds.erase(number);
    if (!(keep && entries[number].is_named())) remove_if_unheld(number);
  }

  /// @return the slot of a process that comes, or −1
  int32_t join() {
    for (uint32_t i = 0; i < kSizes.processes; ++i) {
      if (slots[i].is_alive) continue;
      forget(i);
      slots[i].is_taken = slots[i].is_alive = true;
      return static_cast<int32_t>(i);
    }
    return -1;
  }

  /// Nameless ones that only the dead hold.
  void repair() {
    for (uint32_t i = 0; i < kSizes.entries; ++i)
      if (!entries[i].is_named()) remove_if_unheld(i);
  }

  uint32_t used() const {
    return static_cast<uint32_t>(
        std::count_if(std::begin(entries), std::end(entries), [](const Known& one) { return one.is_live; }));
  }
  uint32_t cells() const {
    uint32_t cells = 0;
    for (const Known& one : entries) cells += one.is_live ? one.what.cells : 0;
    return cells;
  }

 private:
  /// The first run of so many that nothing live has, or −1.
  template <typename Run>
  int32_t first_fit(uint32_t bits, uint32_t count, Run run) const {
    std::vector<bool> taken(bits);
    for (const Known& one : entries) {
      if (!one.is_live) continue;
      const auto [first, length] = run(one);
      std::fill_n(taken.begin() + first, length, true);
    }
    for (uint32_t at = 0, free = 0; at < bits; ++at) {
      free = taken[at] ? 0 : free + 1;
      if (free == count) return static_cast<int32_t>(at + 1 - count);
    }
    return count == 0 ? 0 : -1;
  }

  int32_t place(const Wanted& what) {
    uint32_t number = 0;
    while (number < kSizes.entries && entries[number].is_live) ++number;
    const int32_t text = first_fit(kSizes.text_units, what.units(),
                                   [](const Known& one) { return std::pair(one.text, one.what.units()); });
    const int32_t cell = first_fit(kSizes.cells, what.cells,
                                   [](const Known& one) { return std::pair(one.cell, one.what.cells); });
    if (number == kSizes.entries || text < 0 || cell < 0) return region::kFull;
    Known& one = entries[number];
    one = {true, one.generation, what, static_cast<uint32_t>(cell), static_cast<uint32_t>(text)};
    high = std::max(high, number + 1);
    return static_cast<int32_t>(number);
  }

  void remove_if_unheld(uint32_t number) {
    Known& one = entries[number];
    if (!one.is_live || is_held(number)) return;
    one.is_live = false;
    ++one.generation;
  }

  void forget(uint32_t slot) {
    const std::set<uint32_t> held = std::move(slots[slot].holds);
    slots[slot].holds.clear();
    for (const uint32_t number : held)
      if (!entries[number].is_named()) remove_if_unheld(number);
  }

  bool forget_the_dead() {
    bool found = false;
    for (uint32_t i = 0; i < kSizes.processes; ++i) {
      if (slots[i].is_alive || !slots[i].is_taken) continue;
      forget(i);
      slots[i].is_taken = false;
      found = true;
    }
    return found;
  }
};

}  // namespace structures
