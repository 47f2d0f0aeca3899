/// Regions and entries that come and go on several threads, while others count in them.
#include "harness.h"
#include "objects/counter.h"
#include "objects/histogram.h"
#include "objects/pool.h"
#include "objects/ring.h"
#include "region/owners.h"
#include "thread/preemption.h"

namespace structures {
namespace {

namespace owners = rseq::region::owners;

constexpr uint32_t kCells = 16384;
constexpr uint32_t kNames = 16;

region::Bytes bytes_of(const std::string& text) { return {text.data(), static_cast<uint32_t>(text.size())}; }

/// A name that any of the threads makes, opens by name and by number, counts in and gives up.
void use_name(uint32_t number, Random& random, std::atomic<int64_t>& added) {
  const std::string name = "name" + std::to_string(random.below(kNames));
  const Opened made = make(number, region::Kind::kCounter, name);
  expect(made.exists(), "made", static_cast<int32_t>(made.entry));
  if (!made.exists()) return;
  const int32_t again = region::open(number, region::Kind::kCounter, false, bytes_of(name), {nullptr, 0});
  expect(again == static_cast<int32_t>(made.entry), "opened by its name", again, made.entry);
  const int32_t other = region::open(number, region::Kind::kSum, false, bytes_of(name), {nullptr, 0});
  expect(other == region::kOtherKind, "opened as another kind", other);
  const int32_t adopted =
      region::adopt(number, region::Kind::kCounter, false, made.entry, made.held.generation);
  expect(adopted == again, "opened by its number", adopted, again);
  rseq::counter::add(made.held.id, INT64_C(1));
  ++added;
  rseq::counter::sum_i64(number, made.held);
  for (int i = 0; i < 3; ++i) close(made);
  operations += 8;
}

/// One object of each kind, of this thread alone, and gone again.
void use_nameless(uint32_t number) {
  const Opened pool = make(number, region::Kind::kPool, "", 3);
  const Opened ring = make(number, region::Kind::kRing, "", ring_shape(2, 1, true));
  const Opened times = make(number, region::Kind::kHistogram, "", 0, {1, 2, 3});
  const Opened gauge = make(number, region::Kind::kGauge, "");
  for (const Opened& one : {pool, ring, times, gauge}) {
    expect(one.exists(), "nameless", static_cast<int32_t>(one.entry));
    if (!one.exists()) return;
  }
  const int32_t slot = rseq::pool::acquire(pool.held.id, owners::thread_word());
  expect(slot >= 0 && slot < 3, "a slot", slot);
  const auto refused = rseq::pool::release(pool.held.id, static_cast<uint32_t>(slot), owners::thread_word());
  expect(refused == rseq::pool::Refusal::kNone, "given back", static_cast<int64_t>(refused));
  expect(rseq::ring::write(ring.held.id, 1, 0, 0, 0) == rseq::ring::kWritten, "written");
  rseq::histogram::record(times.held.id, 2.0);
  rseq::counter::set_gauge(gauge.held.id, 4);
  expect(rseq::counter::sum_f64(number, gauge.held) == 4, "a gauge");
  for (const Opened& one : {pool, ring, times, gauge}) close(one);
  operations += 12;
}

/// A region of this thread's for a moment: its memory is another thread's region a moment later.
void use_region(const std::string& file, Random& random) {
  const uint32_t which = random.below(3);
  const int32_t opened = which == 0   ? region::create_memfd(kCells)
                         : which == 1 ? region::create_file(file.c_str(), kCells)
                                      : region::attach(file.c_str(), random.below(2) == 0);
  expect(opened > 0, "opened", opened);
  if (opened <= 0) return;
  const auto number = static_cast<uint32_t>(opened);
  region::Info info;
  expect(region::check(number) == 0 && region::info(number, &info), "checked");
  if (!info.read_only) {
    const Opened made = make(number, region::Kind::kCounter, "here");
    rseq::counter::add(made.held.id, INT64_C(1));
    expect(rseq::counter::sum_i64(number, made.held) >= 1, "counted in it");
    region::lead(number, random.below(4));
    region::find(info.nonce, info.inode);
    region::close(number);
    close(made);
  }
  look(number);
  expect(region::close(number) == 0, "closed");
  operations += 6;
}

/// This thread's registration and its marker.
void use_thread() {
  rseq::area::view();
  rseq::area::unregister_thread();
  rseq::area::register_thread();
  rseq::preemption::record();
  rseq::preemption::armable();
  rseq::preemption::count_switches();
  rseq::preemption::read_clock();
  operations += 6;
}

}  // namespace

void change_regions(const Round& round) {
  const std::string file = folder() + "/changing" + std::to_string(round.seed);
  const int32_t kept = region::create_file(file.c_str(), kCells);
  expect(kept > 0, "a file", kept);
  if (kept <= 0) return;
  const auto number = static_cast<uint32_t>(kept);
  const Opened counter = make(region::kProcess, region::Kind::kCounter, "beside");
  std::atomic<int64_t> added = 0;
  std::atomic<uint32_t> changing = round.threads;
  on_threads(round.threads + 2, [&](uint32_t i) {
    Random random(round.seed + i);
    if (i == round.threads) {
      while (changing != 0) look(number);
      return;
    }
    if (i > round.threads) {
      // Counts in memory of the process, which nobody changes, while the limit moves.
      int64_t own = 0;
      for (; changing != 0; ++own) rseq::counter::add(counter.held.id, INT64_C(1));
      operations += static_cast<uint64_t>(own);
      expect(rseq::counter::drain_i64(region::kProcess, counter.held) == own, "counted beside");
      return;
    }
    for (uint32_t k = 0; k < round.size / 16 + 1; ++k) {
      use_name(number, random, added);
      use_nameless(number);
      if (k % 8 == 0) use_region(file, random);
      if (k % 16 == 0) use_thread();
    }
    --changing;
  });
  close(counter);
  region::Info info;
  expect(region::info(number, &info), "still there");
  expect(info.entries_used == 0, "entries that nobody has", info.entries_used);
  expect(info.cells_used == 0, "cells that nobody has", info.cells_used);
  expect(region::close(number) == 0 && region::close(number) == region::kClosed, "closed once");
}

}  // namespace structures
