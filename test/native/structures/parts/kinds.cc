/// What a thread has open of each kind: numbers that are the entry's, and nothing of what damage has changed.
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "objects/records.h"
#include "objects/shape.h"
#include "objects/slots.h"
#include "region/arena.h"
#include "region/lock.h"
#include "region/owners.h"
#include "region_file.h"

namespace structures {
namespace {

using region::Bytes;
using region::Entry;
using region::Held;
using region::Kind;

constexpr uint32_t kSlots = 5;
constexpr Bytes kNoLabels = {nullptr, 0};

/// Makes one of each kind.
std::vector<Opened> make_all(uint32_t number) {
  return {
      make(number, Kind::kCounter, "counter"),
      make(number, Kind::kSum, "sum"),
      make(number, Kind::kHistogram, "histogram", 0, {1, 2, 3}),
      make(number, Kind::kGauge, "gauge"),
      make(number, Kind::kPool, "pool", kSlots),
      make(number, Kind::kRing, "ring", ring_shape(2, 3, true)),
  };
}

/// What is held is what the entry says.
void hold_each_kind() {
  const RegionFile file;
  make(file.number, Kind::kCounter, "before them");
  for (int turn = 0; turn < 2; ++turn) {
    for (const Opened& one : make_all(file.number)) {
      const Held& held = one.held;
      const Entry& entry = file.entry(one.entry);
      expect(one.exists() && held.kind == entry.kind && held.form == entry.shape, "its kind");
      expect(held.cell == entry.cell && held.cells == entry.cells, "its cells", held.cell, entry.cell);
      expect(held.generation == entry.generation, "its generation", held.generation, entry.generation);
      const auto first = static_cast<uint32_t>(region::cell_of(one.region, held, 0, 0) -
                                               rseq::arena::stripes.cell<int64_t>(0, 0));
      const bool has_shape =
          held.kind != Kind::kCounter && held.kind != Kind::kSum && held.kind != Kind::kGauge;
      expect(held.shape == (has_shape ? held.id + 1 : 0), "its shape", held.shape);
      if (!has_shape) expect(held.id == first, "its number", held.id, first);
      const auto pool = rseq::slots::pools.at(held.id);
      if (held.kind == Kind::kPool)
        expect(pool.cell() == first && pool.count() == kSlots &&
                   pool.process == region::owners::process_word(*file.directory),
               "a pool", held.id);
      const auto ring = rseq::records::rings.at(held.id);
      if (held.kind == Kind::kRing)
        expect(ring.cell() == rseq::records::aligned(first) && ring.region() == one.region &&
                   ring.shape().bits == held.form,
               "a ring", held.id);
      if (held.kind == Kind::kHistogram)
        expect(rseq::shape::run_of(rseq::shape::shapes.place(held.id)).cell() == first, "a histogram",
               held.id);
      // As who only looks on has it.
      const int32_t looked = region::adopt(file.looked_at, held.kind, false, one.entry, held.generation);
      expect_result(looked, static_cast<int32_t>(one.entry), "looked at");
      const Held* other = region::held(file.looked_at, one.entry);
      expect(other != nullptr && other->id == region::kNoId && other->shape == 0, "no number to count with");
      region::release(file.looked_at, one.entry);
      // A number that is given back is the next one's.
      close(one);
      expect(region::held(one.region, one.entry) == nullptr && !file.exists(one.entry), "gone");
      if (held.kind == Kind::kPool) expect(!rseq::slots::pools.at(held.id).exists(), "no pool", held.id);
      if (held.kind == Kind::kRing) expect(!rseq::records::rings.at(held.id).exists(), "no ring", held.id);
      if (held.kind == Kind::kHistogram)
        expect(!rseq::shape::run_of(rseq::shape::shapes.place(held.id)).exists(), "no histogram", held.id);
    }
  }
  expect(region::release(file.number, 0) == 0, "closed");
}

void hold_by_mm_cid() {
  region::Description wanted = {
      .kind = Kind::kCounter, .by_mm_cid = true, .cells = 1, .shape = 0, .texts = {}};
  wanted.texts[region::kName] = {"by mm_cid", 9};
  const int32_t made = region::make(region::kProcess, wanted);
  const auto entry = static_cast<uint32_t>(made);
  const Held* held = region::held(region::kProcess, entry);
  expect(held != nullptr && (held->id & region::kByMmCid) != 0, "by mm_cid", made);
  if (held == nullptr) return;
  const auto first =
      region::cell_of(region::kProcess, *held, 0, 0) - rseq::arena::stripes.cell<int64_t>(0, 0);
  expect((held->id & ~region::kByMmCid) == static_cast<uint32_t>(first), "its number", held->id, first);
  const auto opened = [&](bool by_mm_cid) {
    return region::open(region::kProcess, Kind::kCounter, by_mm_cid, wanted.texts[region::kName], kNoLabels);
  };
  expect_result(opened(false), region::kOtherKind, "opened by CPU");
  expect_result(opened(true), made, "opened by mm_cid");
  expect_result(region::adopt(region::kProcess, Kind::kCounter, true, entry, held->generation), made,
                "adopted");
  for (int i = 0; i < 3; ++i) expect_result(region::release(region::kProcess, entry), 0, "closed");
  expect_result(region::release(region::kProcess, entry), region::kClosed, "closed once more");
}

/// One that this process does not hold, of which damage has changed a number, is refused, and not held.
void refuse_damaged() {
  const RegionFile file;
  std::vector<Opened> all;
  // A thread that ended has left them.
  on_threads(1, [&](uint32_t) { all = make_all(file.number); });
  const uint32_t held_before = region::regions[file.number].entries_held;
  const auto open_in = [&](uint32_t number, uint32_t entry, Kind kind) {
    return region::adopt(number, kind, file.entry(entry).by_mm_cid != 0, entry, file.entry(entry).generation);
  };
  for (const Opened& one : all) {
    Entry& entry = file.entry(one.entry);
    const Entry whole = entry;
    const auto is_refused = [&](const char* what, auto change) {
      change();
      for (const uint32_t number : {file.number, file.looked_at})
        expect_result(open_in(number, one.entry, one.held.kind), region::kDamaged, what);
      expect(!file.is_held(one.entry) && file.references(one.entry) == 0, what, one.entry);
      entry = whole;
      expect(file.exists(one.entry), what);
    };
    is_refused("a cell more", [&] { ++entry.cells; });
    if (one.held.kind == Kind::kPool) {
      is_refused("no slots", [&] { entry.shape = 0; });
      is_refused("many slots", [&] { entry.shape = 1000; });
    }
    if (one.held.kind == Kind::kRing) {
      is_refused("by mm_cid", [&] { entry.by_mm_cid = 1; });
      is_refused("no shape", [&] { entry.shape |= 1U << 21; });
      is_refused("a larger shape", [&] { ++entry.shape; });
    }
    if (one.held.kind == Kind::kHistogram)
      is_refused("other bounds", [&] { entry.lengths[region::kExtra] -= sizeof(double); });
    if (whole.cells == 1) entry.by_mm_cid = 1;
    for (const uint32_t number : {file.looked_at, file.number}) {
      expect_result(open_in(number, one.entry, one.held.kind), static_cast<int32_t>(one.entry),
                    "whole again");
      const uint32_t id = region::held(number, one.entry)->id;
      if (number == file.looked_at) expect(id == region::kNoId, "no number", id);
      if (number == file.number && whole.cells == 1) expect((id & region::kByMmCid) != 0, "by mm_cid", id);
      expect_result(region::release(number, one.entry), 0, "closed");
    }
  }
  expect(region::regions[file.number].entries_held == held_before, "none is held");
}

/// As another kind it is not opened, and stays what it is, held by those who had it.
void refuse_other_kinds() {
  const RegionFile file;
  on_threads(1, [&](uint32_t) { make(file.number, Kind::kCounter, "n"); });
  expect(!file.is_held(0), "nobody holds it");
  const auto refuse = [&](bool held) {
    expect_result(file.open(Kind::kSum, "n"), region::kOtherKind, "opened as a sum");
    expect_result(file.open(Kind::kCounter, "n", true), region::kOtherKind, "opened by mm_cid");
    expect_result(file.adopt(0, Kind::kGauge), region::kOtherKind, "opened as a gauge, by its number");
    expect_result(static_cast<int32_t>(make(file.number, Kind::kSum, "n").entry), region::kOtherKind,
                  "made as a sum");
    expect_result(region::open(file.looked_at, Kind::kSum, false, {"n", 1}, kNoLabels), region::kOtherKind,
                  "looked at");
    expect(file.exists(0) && file.is_held(0) == held, "as it was");
  };
  refuse(false);
  // As who dies in a change can leave it: only under the lock it is made whole again.
  memset(file.directory->buckets, 0, file.directory->sizes.entries * sizeof(uint32_t));
  file.directory->header->dirty = 1;
  expect_result(region::open(file.looked_at, Kind::kCounter, false, {"n", 1}, kNoLabels), 0,
                "found by who has no lock to take");
  expect_result(region::release(file.looked_at, 0), 0, "closed by them");
  expect_result(file.open(Kind::kCounter, "n"), 0, "opened");
  expect(file.is_held(0), "held from now on");
  expect_result(file.open(Kind::kCounter, "m"), region::kAbsent, "a name that there is not");
  expect_result(region::open(file.looked_at, Kind::kSum, false, {"m", 1}, kNoLabels), region::kAbsent,
                "looked at");
  refuse(true);
  const uint32_t generation = file.entry(0).generation;
  for (const uint32_t other : {generation + 1, generation - 1})
    expect_result(region::adopt(file.number, Kind::kCounter, false, 0, other), region::kAbsent,
                  "another one");
  expect_result(region::adopt(file.number, Kind::kCounter, false, 1, 0), region::kAbsent, "none");
  expect_result(region::adopt(file.number, Kind::kCounter, false, ~0U, 0), region::kAbsent, "no number");
  // Damage says that it is another one, which this process does not hold.
  file.entry(0).generation = generation + 1;
  expect_result(file.adopt(0), region::kDamaged, "changed while it is held");
  expect(file.references(0) == 1, "as often as before", file.references(0), 1);
  file.entry(0).generation = generation;
  // What is held is opened without the lock between processes.
  const int other = file.path.open();
  expect(region::lock::take_directory(other, 5000) == 0, "another process changes something");
  expect_result(file.open(Kind::kCounter, "n"), 0, "opened meanwhile");
  expect_result(file.adopt(0), 0, "by its number");
  region::lock::give_directory(other);
  ::close(other);
  for (int i = 3; i > 0; --i) {
    expect(file.references(0) == static_cast<uint32_t>(i), "as often as opened", file.references(0), i);
    expect_result(region::release(file.number, 0), 0, "closed");
  }
  expect(!file.exists(0), "gone");
}

/// By either way in, what was nobody's is this process's.
void hold_what_is_opened() {
  const RegionFile file;
  for (const bool by_number : {false, true}) {
    on_threads(1, [&](uint32_t) { make(file.number, Kind::kCounter, "n"); });
    expect(!file.is_held(0), "nobody holds it");
    expect_result(by_number ? file.adopt(0) : file.open(Kind::kCounter, "n"), 0, "opened");
    expect(file.is_held(0), "held");
    // Generation 0, and the next: neither is what was held before.
    expect_result(region::release(file.number, 0), 0, "closed");
    expect(!file.exists(0), "gone");
  }
  on_threads(1, [&](uint32_t) { make(file.number, Kind::kCounter, "n"); });
  file.entry(0).generation = 0;
  expect_result(file.adopt(0), 0, "opened");
  expect(file.is_held(0), "held, of generation 0");
  expect_result(region::release(file.number, 0), 0, "closed");
}

}  // namespace

void open_kinds() {
  on_threads(1, [](uint32_t) {
    hold_each_kind();
    hold_by_mm_cid();
    refuse_damaged();
    refuse_other_kinds();
    hold_what_is_opened();
  });
  operations += 200;
}

}  // namespace structures
