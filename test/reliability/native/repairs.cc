/// What the dead leave in a region, seen by processes that take their places: half-done changes, and holds.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <map>
#include <memory>

#include "harness.h"

namespace structures {
namespace {

namespace backing = rseq::region::backing;

constexpr uint32_t kProcesses = 3;
constexpr region::Sizes kSizes = {
    .stripes = 1, .cells = 8192, .entries = 4096, .text_units = 8192, .processes = kProcesses};
constexpr uint32_t kStripes = kSizes.stripes + 2;
constexpr uint32_t kRun = 3;  ///< cells of most

/// As a process of its own has the region: by a description of its own. It dies when it ends.
class Member {
 public:
  explicit Member(const std::string& path) {
    if (backing::create_file(path.c_str(), kSizes, &memory_) != 0) abort();
    const region::Layout layout(kSizes);
    all_ = mmap(nullptr, layout.total, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.fd, 0);
    if (all_ == MAP_FAILED) abort();
    own = {};
    own.set(kSizes, memory_.control);
    own.fd = memory_.fd;
    own.process = region::kMaxProcesses;
    own.cells = static_cast<char*>(all_) + layout.stripes;
    own.stride = layout.stripe_bytes;
    joined = own.join();
  }
  ~Member() {
    munmap(all_, region::Layout(kSizes).total);
    backing::release(memory_);
  }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  region::Header& header() const { return *own.header; }
  region::Entry& entry(uint32_t number) const { return own.entries[number]; }
  uint64_t& holds(uint32_t process, uint32_t number) const {
    return own.holds[process * (kSizes.entries / 64) + number / 64];
  }
  bool is_live(uint32_t number) const {
    region::Entry copied;
    return own.copy(number, &copied);
  }
  /// Of each stripe's cells of an entry, whether all are that number.
  bool is_filled(const region::Entry& entry, int64_t with) const {
    for (uint32_t stripe = 0; stripe < kStripes; ++stripe)
      for (uint32_t i = 0; i < entry.cells; ++i)
        if (*own.cell(stripe, entry.cell + i) != with) return false;
    return true;
  }
  void fill(uint32_t number, int64_t with) const {
    for (uint32_t stripe = 0; stripe < kStripes; ++stripe)
      for (uint32_t i = 0; i < entry(number).cells; ++i) *own.cell(stripe, entry(number).cell + i) = with;
  }

  int32_t find(const std::string& name) {
    region::Entry found;
    return own.hold({name.data(), static_cast<uint32_t>(name.size())}, {nullptr, 0}, &found);
  }
  int32_t try_make(const std::string& name, uint32_t cells) {
    region::Description wanted = {
        .kind = region::Kind::kCounter, .by_mm_cid = false, .cells = cells, .shape = 0, .texts = {}};
    wanted.texts[region::kName] = {name.data(), static_cast<uint32_t>(name.size())};
    region::Entry out;
    return own.make(wanted, &out);
  }
  uint32_t make(const std::string& name, uint32_t cells = kRun) {
    const int32_t number = try_make(name, cells);
    if (number < 0) abort();
    fill(static_cast<uint32_t>(number), number + 1);
    return static_cast<uint32_t>(number);
  }
  /// Holds what another one made.
  void share(uint32_t number) {
    region::Entry copied;
    const int32_t held = own.hold(number, entry(number).generation, &copied);
    expect(held == static_cast<int32_t>(number), "held too", held, number);
  }

  region::Directory own;
  int32_t joined;

 private:
  backing::Memory memory_;
  void* all_;
};

void expect_used(const Member& member, uint32_t entries, uint32_t cells) {
  expect(member.header().entries_used == entries, "entries", member.header().entries_used, entries);
  expect(member.header().cells_used == cells, "cells", member.header().cells_used, cells);
  expect(member.header().dirty == 0, "changes that were begun");
}

/// Each has the first slot that no living one has; the next one there is told from the one before.
void take_places(const std::string& path) {
  std::unique_ptr<Member> members[kProcesses];
  const auto expect_in = [&](uint32_t slot, uint32_t high, uint32_t incarnation) {
    const Member& member = *members[slot];
    const region::Process& written = member.own.processes[slot];
    expect(member.joined == 0 && member.own.process == slot, "a place", member.own.process, slot);
    expect(member.header().process_high == high, "places", member.header().process_high, high);
    expect(written.incarnation == incarnation && member.own.incarnation == incarnation, "an incarnation",
           written.incarnation, incarnation);
    expect(written.pid == static_cast<uint32_t>(getpid()) && written.start_time != 0, "written down");
    expect_used(member, 0, 0);
  };
  for (uint32_t i = 0; i < kProcesses; ++i) {
    members[i] = std::make_unique<Member>(path);
    expect_in(i, i + 1, 1);
  }
  expect(Member(path).joined == region::kTooMany, "one too many");
  for (const uint32_t i : {1U, 0U, 2U}) {
    members[i].reset();
    members[i] = std::make_unique<Member>(path);
    expect_in(i, kProcesses, 2);
  }
  members[0]->own.processes[0].incarnation = (1U << 21) - 1;
  members[0].reset();
  members[0] = std::make_unique<Member>(path);
  expect_in(0, kProcesses, 1);
}

/// Whoever takes the place of a dead one lets go of what it held: what has no name goes.
void inherit(const std::string& path) {
  Member first(path);
  auto dead = std::make_unique<Member>(path);
  const uint32_t named = dead->make("named");
  const uint32_t shared = dead->make("");
  std::vector<uint32_t> nameless;
  for (int i = 0; i < 70; ++i) nameless.push_back(dead->make(""));
  first.share(shared);
  const uint32_t high = first.header().entry_high;
  expect(high == 72 && nameless.back() == 71, "entries", high, 72);
  // Never used, whatever others write there: held and not, and live.
  const uint32_t beyond = high + 1;
  first.holds(1, beyond) |= UINT64_C(1) << beyond % 64;
  first.holds(1, high) |= UINT64_C(1) << high % 64;
  first.entry(high).state = first.entry(beyond).state = region::kLive;
  expect_used(first, 72, 72 * kRun);
  dead.reset();
  const Member next(path);
  expect(next.own.process == 1, "the same place", next.own.process, 1);
  expect_used(first, 2, 2 * kRun);
  expect(first.is_live(named) && first.is_filled(first.entry(named), named + 1), "what has a name stays");
  expect(first.is_live(shared) && first.is_filled(first.entry(shared), shared + 1), "so does what is held");
  for (const uint32_t number : nameless)
    expect(!first.is_live(number) && first.is_filled(first.entry(number), 0), "what nobody finds", number);
  for (uint32_t number = 0; number < kSizes.entries; number += 64)
    expect(first.holds(1, number) == 0, "what is held in its place", number);
  for (const uint32_t number : {high, beyond})
    expect(first.entry(number).generation == 0, "what was never used", number);
}

/// Where there is no room, what the dead held is let go of first.
void make_room(const std::string& path) {
  constexpr uint32_t kHalf = kSizes.cells / 2;
  auto dead = std::make_unique<Member>(path);
  Member living(path);
  const Member other(path);
  const uint32_t theirs = dead->make("", kHalf);
  const uint32_t own = living.make("", kHalf - 2);
  const uint32_t named = living.make("named", 2);
  // A place that nobody ever had.
  living.header().process_high = 2;
  living.own.processes[2].pid = 77;
  expect(living.try_make("", 1) == region::kFull, "no room");
  expect(living.is_live(theirs), "of a living one");
  expect(living.own.processes[0].pid != 0, "of a living one");
  expect_used(living, 3, kSizes.cells);
  dead.reset();
  const uint32_t made = living.make("", kHalf);
  expect(living.entry(made).cell == 0, "in its place", living.entry(made).cell);
  expect(living.is_live(own) && living.is_live(named), "what is held stays");
  expect(living.own.processes[0].pid == 0 && living.own.processes[1].pid != 0, "who is dead");
  expect(living.own.processes[2].pid == 77, "who never was", living.own.processes[2].pid, 77);
  expect(living.holds(0, theirs) == 0 || made != theirs, "held by the dead");
  expect(living.try_make("", 1) == region::kFull, "no room again");
  expect_used(living, 3, kSizes.cells);
}

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
      const bool lost = what < 2 || ((what == 8 || what == 9 || what == 12 || what == 13) && !named);
      if (lost) removed_.push_back(number);
      if (!lost && (what < 4 || what > 7)) kept_.push_back(number);
    }
    one_.header().process_high = kProcesses;
    damage(one_.own.entry_words, kSizes.entries / 8);
    damage(one_.own.cell_words, kSizes.cells / 8);
    damage(one_.own.text_words, kSizes.text_units / 8);
    damage(one_.own.buckets, kSizes.entries * 4);
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
    expect_used(one_, static_cast<uint32_t>(kept_.size()), cells);
    const region::Header& header = one_.header();
    expect(header.entry_hint == 0 && header.cell_hint == 0 && header.text_hint == 0, "hints");
    expect_maps();
  }

 private:
  void damage(void* at, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) static_cast<char*>(at)[i] = static_cast<char>(random_.word());
  }

  void expect_maps() {
    std::vector<bool> entries(kSizes.entries);
    std::vector<bool> cells(kSizes.cells);
    std::vector<bool> texts(kSizes.text_units);
    for (const uint32_t number : kept_) {
      const region::Entry& entry = before_[number];
      entries[number] = true;
      for (uint32_t i = 0; i < entry.cells; ++i) cells[entry.cell + i] = true;
      for (uint32_t i = 0; i < region::units(region::total_length(entry)); ++i) texts[entry.text + i] = true;
    }
    const auto same = [](const std::vector<bool>& expected, const char* what) {
      return [&expected, what](uint32_t bit, bool is) { expect(is == expected[bit], what, bit); };
    };
    each_bit(one_.own.entry_words, kSizes.entries, same(entries, "an entry's bit"));
    each_bit(one_.own.cell_words, kSizes.cells, same(cells, "a cell's bit"));
    each_bit(one_.own.text_words, kSizes.text_units, same(texts, "a text's bit"));
  }

  Member one_, other_;
  Random& random_;
  std::map<uint32_t, region::Entry> before_;
  std::map<uint32_t, std::string> names_;
  std::vector<uint32_t> kept_, removed_;
};

}  // namespace

void repair(const Round& round) {
  Random random(round.seed);
  const std::string path = folder() + "/left";
  const auto anew = [&](const auto& work) {
    work();
    unlink(path.c_str());
  };
  anew([&] { take_places(path); });
  anew([&] { inherit(path); });
  anew([&] { make_room(path); });
  anew([&] {
    Broken broken(path, random);
    broken.make();
    broken.cut_short();
    broken.look();
  });
  operations += 1000;
}

}  // namespace structures
