/// Pools: a slot is held by one thread at a time, and what that thread did before it released it, the next
/// one sees.
#include "harness.h"
#include "objects/pool.h"
#include "region/owners.h"

namespace structures {
namespace {

namespace owners = rseq::region::owners;
namespace pool = rseq::pool;

constexpr uint32_t kSlots = 24;
constexpr uint32_t kMany = 4;

/// What a slot stands for: memory of whoever holds it. Not atomic, for the pool is what orders its users.
struct Thing {
  uint64_t uses = 0;
  uint64_t last = 0;
};

struct Things {
  std::vector<Thing> all = std::vector<Thing>(kSlots);
  std::vector<std::atomic<uint32_t>> holders = std::vector<std::atomic<uint32_t>>(kSlots);
  std::atomic<uint64_t> uses = 0;

  void enter(int32_t slot, uint32_t who) {
    const uint32_t before = holders[static_cast<size_t>(slot)].exchange(who + 1, std::memory_order_relaxed);
    expect(before == 0, "a slot held twice, by", before, 0);
    Thing& thing = all[static_cast<size_t>(slot)];
    ++thing.uses;
    thing.last = who;
  }

  void leave(int32_t slot, uint32_t who) {
    const uint32_t before = holders[static_cast<size_t>(slot)].exchange(0, std::memory_order_relaxed);
    expect(before == who + 1, "a slot lost, to", before, who + 1);
    expect(all[static_cast<size_t>(slot)].last == who, "what a slot stands for changed");
  }
};

void use(uint32_t id, const Round& round, uint32_t number, Things& things) {
  Random random(round.seed + number);
  const uint32_t thread = owners::thread_word();
  uint64_t uses = 0;
  for (uint32_t i = 0; i < round.size; ++i) {
    if (random.below(8) == 0) {
      int32_t slots[kMany];
      const int32_t got = pool::acquire_many(id, slots, kMany);
      for (int32_t k = 0; k < got; ++k) things.enter(slots[k], number);
      for (int32_t k = 0; k < got; ++k) things.leave(slots[k], number);
      uint32_t at = 0;
      const auto refused = pool::release_many(id, slots, static_cast<uint32_t>(got), &at);
      expect(refused == pool::Refusal::kNone, "many released", static_cast<int64_t>(refused));
      uses += static_cast<uint64_t>(got);
      continue;
    }
    const int32_t slot = pool::acquire(id, thread);
    expect(slot >= 0, "a slot is free", slot);
    if (slot < 0) continue;
    things.enter(slot, number);
    if (random.below(16) == 0) {
      uint64_t ticket = 0;
      const auto handed = pool::hand_over(id, static_cast<uint32_t>(slot), &ticket);
      expect(handed == pool::Refusal::kNone, "handed over", static_cast<int64_t>(handed));
      expect(pool::adopt(id, ticket) == pool::Refusal::kNone, "adopted");
    }
    things.leave(slot, number);
    expect(pool::release(id, static_cast<uint32_t>(slot), thread) == pool::Refusal::kNone, "released");
    ++uses;
  }
  things.uses += uses;
  operations += uses * 2;
}

}  // namespace

void hold_slots(const Round& round) {
  const Opened opened =
      make(region::kProcess, region::Kind::kPool, "pool" + std::to_string(round.seed), kSlots);
  expect(opened.exists(), "a pool");
  if (!opened.exists()) return;
  Things things;
  on_threads(round.threads + 1, [&](uint32_t i) {
    if (i < round.threads) return use(opened.held.id, round, i, things);
    for (uint32_t k = 0; k < round.size / 64 + 1; ++k) {
      pool::count_held(opened.region, opened.held);
      expect(pool::reclaim(opened.region, opened.held) == 0, "reclaimed of the living");
      ++operations;
    }
  });
  uint64_t uses = 0;
  for (const Thing& thing : things.all) uses += thing.uses;
  expect(uses == things.uses, "uses", static_cast<int64_t>(uses), static_cast<int64_t>(things.uses.load()));
  expect(pool::count_held(opened.region, opened.held) == 0, "still held");
  // What a thread that has ended held is found.
  on_threads(1, [&](uint32_t) { pool::acquire(opened.held.id, owners::thread_word()); });
  expect(pool::reclaim(opened.region, opened.held) == 1, "reclaimed of the dead");
  uint32_t at = 0;
  const int32_t none[] = {-1, 1 << 20};
  expect(pool::release_many(opened.held.id, none, 2, &at) == pool::Refusal::kOutside, "a slot that is none");
  close(opened);
}

}  // namespace structures
