/// A directory beside a plain model of it: processes that come, make, find, give up and die, in random order.
/// Each is an open file description of the same memory, as the locks between processes tell them apart.
#include <string.h>

#include <algorithm>
#include <memory>

#include "directory_memory.h"
#include "directory_model.h"
#include "harness.h"
#include "region/lock.h"

namespace structures {
namespace {

using region::Bytes;
using region::Directory;
using region::Entry;

/// The directory and its model, and what is done to both.
class Both {
 public:
  Both(uint32_t seed, bool shared) : random_(seed), memory_(shared), shared_(shared) {
    // Behind the last process's slot somebody lives who is none.
    if (shared) expect(region::lock::take_process(memory_.fd(), kSizes.processes), "a lock behind the slots");
  }

  ~Both() {
    for (uint32_t i = 0; i < kSizes.processes; ++i)
      if (model_.slots[i].is_alive) DirectoryMemory::leave(*processes_[i]);
  }
  Both(const Both&) = delete;
  Both& operator=(const Both&) = delete;

  void change() {
    // Numbers run out first, or cells and texts do.
    is_small_ = ++changes_ / 256 % 2 == 0;
    const uint32_t what = random_.below(shared_ ? 40 : 36);
    if (what == 36 || what == 37) return come();
    Directory* one = any();
    if (one == nullptr) return come();
    if (what < 18) return make(*one);
    if (what < 24) return let_go(*one);
    if (what < 30) return hold_by_name(*one);
    if (what < 35) return hold_by_number(*one);
    if (what == 35) return repair(*one);
    if (random_.below(4) == 0) die();
  }

  void check() {
    const Directory* one = any();
    if (one == nullptr) return;
    check_entries(*one);
    check_holds(*one);
    expect(one->entry_high() == model_.high, "numbers ever used", one->entry_high(), model_.high);
    const region::Header& header = *one->header;
    expect(header.entries_used == model_.used(), "entries in use", header.entries_used, model_.used());
    expect(header.cells_used == model_.cells(), "cells in use", header.cells_used, model_.cells());
    expect(header.dirty == 0, "left dirty");
    expect(!memory_.is_locked(), "left locked");
    memory_.check_guards();
  }

 private:
  Directory* any() {
    uint32_t alive[kSizes.processes];
    uint32_t count = 0;
    for (uint32_t i = 0; i < kSizes.processes; ++i)
      if (model_.slots[i].is_alive) alive[count++] = i;
    return count == 0 ? nullptr : processes_[alive[random_.below(count)]].get();
  }

  void come() {
    auto one = std::make_unique<Directory>(memory_.directory());
    const int32_t expected = model_.join();
    const int32_t failed = one->join();
    expect(failed == (expected < 0 ? static_cast<int32_t>(region::kTooMany) : 0), "joined", failed);
    if (failed != 0 || expected < 0) return DirectoryMemory::leave(*one);
    expect(static_cast<int32_t>(one->process) == expected, "its slot", one->process, expected);
    processes_[expected] = std::move(one);
  }

  void die() {
    const Directory* one = any();
    DirectoryMemory::leave(*one);
    model_.slots[one->process].is_alive = false;
  }

  /// Of few names, so that most are there, many in one chain, and two of one hash.
  Wanted some() {
    static const char* const kNames[] = {"", "", "declinate", "macallums", "x", "y", "z"};
    Wanted what;
    what.kind = static_cast<region::Kind>(1 + random_.below(region::kKinds - 1));
    what.by_mm_cid = random_.below(2) == 0;
    what.cells = is_small_ ? 1 : 1 + random_.below(random_.below(4) == 0 ? 40 : 3);
    what.shape = random_.word();
    const uint32_t name = random_.below(100);
    what.texts[region::kName] = name < 7 ? kNames[name] : name < 50 ? crowded_name(name) : "";
    if (random_.below(2) == 0) what.texts[region::kLabels] = std::string(random_.below(3), 'x');
    // Most often of the sort that the name has already.
    const int32_t known = what.texts[region::kName].empty() ? -1 : model_.find(what);
    if (known >= 0 && random_.below(4) != 0) {
      what.kind = model_.entries[known].what.kind;
      what.by_mm_cid = model_.entries[known].what.by_mm_cid;
    }
    if (is_small_) return what;
    if (random_.below(4) == 0) what.texts[region::kHelp] = std::string(random_.below(400), 'h');
    if (random_.below(4) == 0) what.texts[region::kUnit] = "u";
    if (random_.below(4) == 0) what.texts[region::kExtra] = std::string(random_.below(100), '\xff');
    return what;
  }

  void make(Directory& one) {
    const Wanted what = some();
    const int32_t before = model_.find(what);
    const int32_t expected = model_.make(one.process, what);
    Entry entry;
    const int32_t found = one.make(what.description(), &entry);
    expect(found == expected, "made", found, expected);
    if (found != expected || found < 0) return;
    const auto number = static_cast<uint32_t>(found);
    check_copy(one, number, entry);
    if (before < 0 || what.texts[region::kName].empty())
      DirectoryMemory::fill(one, model_.entries[number].cell, what.cells, value(number));
  }

  /// Any that it holds.
  void let_go(Directory& one) {
    const std::set<uint32_t>& held = model_.slots[one.process].holds;
    if (held.empty()) return;
    const uint32_t number = *std::next(held.begin(), random_.below(static_cast<uint32_t>(held.size())));
    if (!model_.entries[number].is_live) return;
    const bool keep = random_.below(2) == 0;
    model_.let_go(one.process, number, keep);
    const int32_t failed = one.let_go(number, keep);
    expect(failed == 0, "let go", failed);
  }

  void hold_by_name(Directory& one) {
    const Wanted what = some();
    const int32_t known =
        what.texts[region::kName].empty() ? static_cast<int32_t>(region::kAbsent) : model_.find(what);
    const int32_t expected = model_.hold(one.process, known, what);
    Entry entry;
    const int32_t found =
        one.hold(what.sort(), what.bytes(region::kName), what.bytes(region::kLabels), &entry);
    expect(found == expected, "held by its name", found, expected);
    if (expected >= 0 && found == expected) check_copy(one, static_cast<uint32_t>(found), entry);
  }

  void hold_by_number(Directory& one) {
    const uint32_t number = random_.below(kSizes.entries + 2);
    const bool is_entry = number < kSizes.entries;
    const uint32_t last = is_entry ? model_.entries[number].generation : 0;
    const uint32_t generation = random_.below(3) == 0 ? last - 1 : last;
    const bool there = is_entry && model_.entries[number].is_live && generation == last;
    Wanted what;
    if (there && random_.below(4) != 0) what = model_.entries[number].what;
    const int32_t known = there ? static_cast<int32_t>(number) : static_cast<int32_t>(region::kAbsent);
    const int32_t expected = model_.hold(one.process, known, what);
    Entry entry;
    const int32_t found = one.hold(what.sort(), number, generation, &entry);
    expect(found == expected, "held by its number", found, expected);
    if (expected >= 0 && found == expected) check_copy(one, number, entry);
  }

  /// Whoever died in a change may have left anything but the entries.
  void repair(Directory& one) {
    DirectoryMemory::scribble(one, random_);
    one.header->dirty = 1;
    model_.repair();
    Entry entry;
    const Bytes none = {"none", 4};
    const int32_t found = one.hold(Wanted().sort(), none, none, &entry);
    expect(found == region::kAbsent, "found nothing", found);
  }

  int64_t value(uint32_t number) const {
    return int64_t{number + 1} << 32 | model_.entries[number].generation;
  }

  void check_copy(const Directory& one, uint32_t number, const Entry& found) const {
    const Known& known = model_.entries[number];
    const Wanted& what = known.what;
    const auto holds = static_cast<int64_t>(number);
    expect(found.generation == known.generation, "its generation", holds);
    expect(found.kind == what.kind && found.by_mm_cid == (what.by_mm_cid ? 1 : 0), "its kind", holds);
    expect(found.shape == what.shape && found.cells == what.cells, "its shape", holds);
    expect(found.cell == known.cell, "its cells’ place", found.cell, known.cell);
    expect(what.units() == 0 || found.text == known.text, "its texts’ place", found.text, known.text);
    for (uint32_t i = 0; i < region::kTexts; ++i) {
      const Bytes text = one.text(found, static_cast<region::Text>(i));
      const bool same = text.length == what.texts[i].size() &&
                        (text.length == 0 || memcmp(text.data, what.texts[i].data(), text.length) == 0);
      expect(same, "a text", holds);
    }
  }

  void check_entries(const Directory& one) const {
    Entry entry;
    std::vector<int64_t> cells(kSizes.cells);
    for (uint32_t i = 0; i < kSizes.entries; ++i) {
      const Known& known = model_.entries[i];
      const bool found = one.copy(i, &entry);
      expect(found == known.is_live, "there", i);
      if (!found || !known.is_live) continue;
      check_copy(one, i, entry);
      std::fill_n(cells.begin() + known.cell, known.what.cells, value(i));
      if (!known.is_named()) continue;
      const int32_t looked =
          one.look(known.what.bytes(region::kName), known.what.bytes(region::kLabels), &entry);
      expect(looked == static_cast<int32_t>(i), "found by its name", looked, i);
      if (looked >= 0) check_copy(one, static_cast<uint32_t>(looked), entry);
    }
    for (const uint32_t number : {kSizes.entries, kSizes.entries + 1, ~UINT32_C(0)})
      expect(!one.copy(number, &entry), "a number that is none", number);
    DirectoryMemory::check_cells(one, cells);
  }

  void check_holds(const Directory& one) const {
    constexpr uint32_t kWords = kSizes.entries / 64;
    constexpr uint64_t kGuard = 0x5a5a5a5a5a5a5a5a;
    for (uint32_t words = 0; words <= kWords; ++words) {
      uint64_t held[kWords + 1];
      std::fill_n(held, kWords + 1, kGuard);
      one.held_by_the_living(held, words);
      for (uint32_t i = 0; i < words * 64; ++i)
        expect((held[i / 64] >> i % 64 & 1) == (model_.is_held(i) ? 1 : 0), "held by the living", i);
      for (uint32_t i = words; i <= kWords; ++i)
        expect(held[i] == kGuard, "words that were not asked for", i);
    }
  }

  Random random_;
  DirectoryMemory memory_;
  bool shared_;
  bool is_small_ = false;
  uint32_t changes_ = 0;
  Model model_;
  std::unique_ptr<Directory> processes_[kSizes.processes];
};

}  // namespace

void keep_names(const Round& round) {
  for (const bool shared : {true, false}) {
    Both both(round.seed, shared);
    const uint64_t before = violations;
    for (uint32_t i = 0; i < round.size / (shared ? 2 : 4) && violations == before; ++i) {
      both.change();
      both.check();
      ++operations;
    }
  }
}

}  // namespace structures
