/// What a process leaves that dies in the midst of a change: whoever changes something next makes it whole.
#include <unistd.h>

#include <map>

#include "member.h"

namespace structures {
namespace {

/// Bits of a map that are set, as its numbers' runs.
template <typename Work>
void each_bit(const uint64_t* words, uint32_t bits, const Work& work) {
  for (uint32_t bit = 0; bit < bits; ++bit) work(bit, (words[bit / 64] >> bit % 64 & 1) != 0);
}

/// Whatever else was written, what follows from the entries is made again.
class Broken {
 public:
  Broken(const std::string& path, Random& random) : one_(path), other_(path), random_(random) {}

  void make() {
    for (uint32_t i = 0; i < 200; ++i) {
      const std::string name = i % 2 == 0 ? std::string(1 + random_.below(200), 'a') + std::to_string(i) : "";
      const uint32_t number = one_.make(name, 1 + random_.below(20));
      before_[number] = one_.entry(number);
      if (!name.empty()) names_[number] = name;
    }
  }

  /// What a process did that died, to each entry something else.
  void cut_short() {
    for (const auto& [number, entry] : before_) {
      region::Entry& now = one_.entry(number);
      const uint32_t what = number % 16;
      const uint64_t bit = UINT64_C(1) << number % 64;
      const bool named = names_.contains(number);
      if (what < 2) now.state = region::kRemoving;
      if (what == 4 || what == 5) now.state = region::kFree;
      if (what == 6 || what == 7) now.cells = 0;
      if (what == 8 || what == 9) one_.holds(0, number) &= ~bit;
      if (what == 10 || what == 11) {
        // Held by the other one alone.
        one_.holds(0, number) &= ~bit;
        one_.holds(1, number) |= bit;
      }
      if (what == 12 || what == 13) {
        one_.holds(0, number) &= ~bit;
        one_.holds(2, number) |= bit;
      }
      if (what == 6 || what == 7) damaged_.push_back(number);
      const bool lost = what < 2 || ((what == 8 || what == 9 || what == 12 || what == 13) && !named);
      if (lost) removed_.push_back(number);
      if (!lost && (what < 4 || what > 7)) kept_.push_back(number);
    }
    one_.header().process_high = kPlaces;
    damage(one_.own.entry_words, kMemberSizes.entries / 8);
    damage(one_.own.cell_words, kMemberSizes.cells / 8);
    damage(one_.own.text_words, kMemberSizes.text_units / 8);
    // Chains through entries that there are.
    for (uint32_t i = 0; i < kMemberSizes.entries; ++i) one_.own.buckets[i] = random_.below(200);
    region::Header& header = one_.header();
    header.entry_hint = header.cell_hint = header.text_hint = 77;
    header.entries_used = header.cells_used = 9999;
    header.dirty = 1;
  }

  void look() {
    expect(one_.find("nothing of that name") == region::kAbsent, "what is not there");
    uint32_t cells = 0;
    for (const uint32_t number : kept_) {
      cells += before_[number].cells;
      expect(one_.is_live(number), "kept", number);
      expect(one_.is_filled(before_[number], number + 1), "its cells", number);
      if (!names_.contains(number)) continue;
      const int32_t found = other_.find(names_[number]);
      expect(found == static_cast<int32_t>(number), "by its name", found, number);
    }
    for (const uint32_t number : removed_) {
      const region::Entry& was = before_[number];
      expect(one_.entry(number).state == region::kFree, "removed", number);
      expect(one_.entry(number).generation == was.generation + 1, "a next owner is another", number);
      expect(one_.is_filled(was, 0), "cells for a next owner", number);
    }
    for (const auto& [number, entry] : before_) {
      if (one_.entry(number).state != region::kFree || !names_.contains(number)) continue;
      expect(other_.find(names_[number]) == region::kAbsent, "by the name of what is gone", number);
    }
    for (const uint32_t number : damaged_)
      expect(one_.entry(number).state == region::kFree, "no entry", one_.entry(number).state);
    one_.expect_used(static_cast<uint32_t>(kept_.size()), cells);
    const region::Header& header = one_.header();
    expect(header.entry_hint == 0 && header.cell_hint == 0 && header.text_hint == 0, "hints");
    expect_maps();
    expect_chains();
  }

 private:
  void damage(void* at, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) static_cast<char*>(at)[i] = static_cast<char>(random_.word());
  }

  void expect_maps() {
    std::vector<bool> entries(kMemberSizes.entries);
    std::vector<bool> cells(kMemberSizes.cells);
    std::vector<bool> texts(kMemberSizes.text_units);
    for (const uint32_t number : kept_) {
      const region::Entry& entry = before_[number];
      entries[number] = true;
      for (uint32_t i = 0; i < entry.cells; ++i) cells[entry.cell + i] = true;
      for (uint32_t i = 0; i < region::units(region::total_length(entry)); ++i) texts[entry.text + i] = true;
    }
    const auto same = [](const std::vector<bool>& expected, const char* what) {
      return [&expected, what](uint32_t bit, bool is) { expect(is == expected[bit], what, bit); };
    };
    each_bit(one_.own.entry_words, kMemberSizes.entries, same(entries, "an entry's bit"));
    each_bit(one_.own.cell_words, kMemberSizes.cells, same(cells, "a cell's bit"));
    each_bit(one_.own.text_words, kMemberSizes.text_units, same(texts, "a text's bit"));
  }

  /// Each name is in one chain, once, and nothing else is.
  void expect_chains() {
    uint32_t found = 0;
    for (uint32_t bucket = 0; bucket < kMemberSizes.entries; ++bucket) {
      for (uint32_t next = one_.own.buckets[bucket]; next != 0 && found <= kMemberSizes.entries; ++found)
        next = one_.entry(next - 1).next;
    }
    uint32_t names = 0;
    for (const uint32_t number : kept_) names += names_.contains(number);
    expect(found == names, "names in chains", found, names);
  }

  Member one_, other_;
  Random& random_;
  std::map<uint32_t, region::Entry> before_;
  std::map<uint32_t, std::string> names_;
  std::vector<uint32_t> kept_, removed_, damaged_;
};

/// What a dead process held without a name is nobody's; the last one of all, the first one of a word, and no
/// other process's.
void forget_dead(const std::string& path, uint32_t count) {
  constexpr uint32_t kLater = 2;
  Member one(path);
  {
    Member other(path);
    for (uint32_t i = 0; i < count; ++i) expect(other.make("", 1) == i, "the next one", i);
    one.share(0);
    one.share(63);
  }
  one.holds(kLater, 5) = 1U << 5;
  const Member next(path);
  expect(next.own.process == 1, "in its place", next.own.process);
  expect(one.holds(kLater, 5) == 1U << 5, "held by a third one");
  one.expect_used(2, 2);
  expect(one.is_live(0) && one.is_live(63), "held by another one");
  expect(!one.is_live(64) && !one.is_live(count - 1), "held by nobody");
  unlink(path.c_str());
}

/// Where there is no room left, what the dead held is looked for; whatever their IDs are.
void forget_for_room(const std::string& path) {
  Member one(path);
  {
    Member other(path);
    other.own.processes[1].pid = 1;
    while (other.try_make("", 1) >= 0) continue;
  }
  one.header().process_high = kPlaces;
  region::Process* places = one.own.processes;
  places[kPlaces].pid = 77;  // no place any more
  places[0].pid = 0;         // its own place stays, whatever stands there
  expect(one.try_make("room", 1) >= 0, "room");
  expect(places[1].pid == 0, "the dead one's place", places[1].pid);
  expect(places[kPlaces].pid == 77, "behind the last place", places[kPlaces].pid);
  one.expect_used(1, 1);
  unlink(path.c_str());
}

}  // namespace

void repair(const Round& round) {
  Random random(round.seed);
  const std::string path = folder() + "/left";
  Broken broken(path, random);
  broken.make();
  broken.cut_short();
  broken.look();
  forget_dead(folder() + "/dead", 65);
  forget_dead(folder() + "/dead", kMemberSizes.entries);
  forget_for_room(folder() + "/room");
  unlink(path.c_str());
  operations += 500;
}

}  // namespace structures
