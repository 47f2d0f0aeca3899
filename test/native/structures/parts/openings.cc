/// What threads have open of a region: each opening is one, of the thread that made it; entries go when no
/// thread has them, names only when somebody closes them.
#include "harness.h"
#include "objects/slots.h"
#include "region/arena.h"
#include "region_file.h"

namespace structures {
namespace {

using region::Kind;

constexpr uint32_t kSlots = 5;
constexpr region::Bytes kNoLabels = {nullptr, 0};

/// Openings of many entries, each as often as it says.
void count_openings(uint32_t seed) {
  constexpr uint32_t kMany = 700;
  const RegionFile file;
  Random random(seed);
  std::vector<uint32_t> times(kMany);
  for (uint32_t i = 0; i < kMany; ++i) {
    expect_result(static_cast<int32_t>(make(file.number, Kind::kCounter, "").entry), static_cast<int32_t>(i),
                  "made");
    times[i] = 1;
    const uint32_t again = random.below(i + 1);
    expect_result(file.adopt(again), static_cast<int32_t>(again), "opened again");
    ++times[again];
  }
  // Another thread has none of them until it opens them, the last one first.
  on_threads(1, [&](uint32_t) {
    for (const uint32_t which : {kMany - 1, 3U, 64U, 65U, 255U, 256U}) {
      expect(region::held(file.number, which) == nullptr, "another thread’s", which);
      expect_result(region::release(file.number, which), region::kClosed, "closed for another");
      for (int i = 0; i < 2; ++i)
        expect_result(file.adopt(which), static_cast<int32_t>(which), "opened here, too");
      expect(file.references(which) == times[which] + 2, "of both", file.references(which), times[which] + 2);
      expect_result(region::release(file.number, which), 0, "closed here");
      expect(region::held(file.number, which) != nullptr, "once more open", which);
    }
    expect(region::mine[file.number].entries == 6, "open here", region::mine[file.number].entries, 6);
  });
  for (uint32_t i = 0; i < kMany; ++i)
    expect(file.references(i) == times[i], "of this thread", file.references(i), times[i]);
  expect(region::regions[file.number].entries_held == kMany, "held",
         region::regions[file.number].entries_held);
  for (uint32_t left = kMany; left > 0;) {
    const uint32_t which = random.below(kMany);
    if (times[which] == 0) {
      expect_result(region::release(file.number, which), region::kClosed, "closed already");
      continue;
    }
    expect(region::held(file.number, which) != nullptr, "open", which);
    expect_result(region::release(file.number, which), 0, "closed");
    if (--times[which] == 0) --left;
    expect((region::held(file.number, which) != nullptr) == (times[which] != 0), "open still", which);
    expect(file.exists(which) == (times[which] != 0), "there still", which);
  }
  for (const uint32_t none : {region::mine[file.number].size, 1U << 20, ~0U}) {
    expect(region::held(file.number, none) == nullptr, "a number that is none", none);
    expect_result(region::release(file.number, none), region::kClosed, "a number that is none");
  }
  expect(region::regions[file.number].entries_held == 0 && region::mine[file.number].entries == 0,
         "none is open");
}

/// A thread ends: nameless ones go, names stay, and what others have open.
void end() {
  const RegionFile file;
  const Opened both = make(file.number, Kind::kCounter, "both");
  Opened named = {};
  Opened nameless = {};
  Opened of_process = {};
  on_threads(1, [&](uint32_t) {
    named = make(file.number, Kind::kPool, "named", kSlots);
    nameless = make(file.number, Kind::kRing, "", ring_shape(2, 3, true));
    of_process = make(region::kProcess, Kind::kCounter, "");
    file.adopt(both.entry);
    expect_result(region::lead(file.number, 3), 1, "leads");
    expect_result(region::find(1, 2), region::kAbsent, "no such region");
    const uint32_t here = region::mine[file.number].opened;
    expect(here > 0 && region::regions[file.number].opened == 1 + here, "opened by both", here);
  });
  const region::Region& table = region::regions[file.number];
  expect(table.opened == 1 && table.roles == 0 && table.entries_held == 1, "as before", table.opened);
  expect_result(region::lead(file.number, 3), 1, "leads in its place");
  expect(file.references(both.entry) == 1, "this thread’s", file.references(both.entry), 1);
  expect(file.exists(named.entry) && !file.is_held(named.entry), "a name stays");
  expect(!file.exists(nameless.entry), "what is nameless does not");
  region::Entry entry;
  expect(!region::regions[region::kProcess].directory.copy(of_process.entry, &entry),
         "in the process’s own neither");
  expect(!rseq::slots::pools.at(named.held.id).exists(), "its pool’s number is free");
  expect_result(file.adopt(named.entry, Kind::kPool), static_cast<int32_t>(named.entry), "opened");
  close(named);
  expect(!file.exists(named.entry), "closed: gone");
  close(both);
}

/// Who only looks on has nothing any more when it was removed.
void look_on() {
  const RegionFile file;
  const Opened one = make(file.number, Kind::kCounter, "n");
  expect_result(region::open(file.looked_at, Kind::kCounter, false, {"n", 1}, kNoLabels), 0, "looked at");
  expect(region::held(file.looked_at, 0) != nullptr, "there");
  expect_result(region::make(file.looked_at, {}), region::kReadOnly, "made");
  expect(region::cell_of(file.looked_at, one.held, 1, 0) != region::cell_of(file.number, one.held, 1, 0),
         "memory of its own");
  *region::cell_of(file.number, one.held, 1, 0) = 7;
  expect(*region::cell_of(file.looked_at, one.held, 1, 0) == 7, "the same cell");
  *region::cell_of(file.number, one.held, 1, 0) = 0;
  expect(region::stripes_of(file.looked_at) == rseq::arena::stripes.count, "stripes");
  close(one);
  expect(region::held(file.looked_at, 0) == nullptr, "gone");
  expect_result(region::release(file.looked_at, 0), 0, "closed");
}

/// A region that this thread does not have.
void open_nothing() {
  constexpr uint32_t kNot = 9;
  expect_result(region::open(kNot, Kind::kCounter, false, {"n", 1}, kNoLabels), region::kClosed, "opened");
  expect_result(region::make(kNot, {}), region::kClosed, "made");
  expect_result(region::adopt(kNot, Kind::kCounter, false, 0, 0), region::kClosed, "adopted");
  expect_result(region::release(kNot, 0), region::kClosed, "released");
  expect(region::held(kNot, 0) == nullptr, "held");
}

/// What was opened last keeps a region that was closed.
void keep_region() {
  const int32_t made = region::create_memfd(RegionFile::kCells);
  const auto number = static_cast<uint32_t>(made);
  const Opened one = make(number, Kind::kCounter, "n");
  expect_result(region::close(number), 0, "closed");
  expect(region::regions[number].active == 1 && region::held(number, one.entry) != nullptr, "kept");
  close(one);
  expect(region::regions[number].active == 0, "not any more");
}

}  // namespace

void open_entries(uint32_t seed) {
  on_threads(1, [seed](uint32_t) {
    count_openings(seed);
    end();
    look_on();
    open_nothing();
    keep_region();
  });
  operations += 3000;
}

}  // namespace structures
