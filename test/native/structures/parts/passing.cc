/// Slots that threads pass on and die with, beside others that reclaim, acquire and release, as often as
/// asked for.
#include "harness.h"
#include "objects/pool.h"
#include "protocols.h"
#include "region/owners.h"

namespace structures {
namespace {

namespace owners = rseq::region::owners;
namespace pool = rseq::pool;
using pool::Refusal;

constexpr uint32_t kSlots = 6;
constexpr uint32_t kPlaces = 2;

/// Who uses a slot, as far as these threads know: one of them, by its number + 1, or …
enum Holder : uint32_t { kFree, kOnItsWay = 1000, kOfTheDead };

/// What a slot stands for: memory of whoever holds it. Not atomic, for the pool is what orders its users.
struct Thing {
  std::atomic<uint32_t> holder = kFree;
  uint64_t last = 0;
};

struct Shared {
  explicit Shared(const Opened& opened) : pool(opened) {}

  const Opened& pool;
  Thing things[kSlots];
  std::atomic<uint64_t> tickets[kPlaces] = {};
  std::atomic<uint64_t> adopted = 0;
  std::atomic<uint64_t> reclaimed = 0;
};

class Passer {
 public:
  Passer(Shared& shared, uint32_t number, uint32_t seed)
      : shared_(shared), id_(shared.pool.held.id), number_(number), random_(seed + number) {}

  void pass_on() {
    const int32_t taken = pool::acquire(id_, owners::thread_word());
    if (taken < 0) return receive();
    const auto slot = static_cast<uint32_t>(taken);
    enter(slot, kFree, kOfTheDead);
    switch (random_.below(4)) {
      case 0:  // somebody reclaims it
        leave(slot, kOfTheDead);
        owners::end_thread();
        return;
      case 1:  // its thread ends at once
        hand_over(slot);
        owners::end_thread();
        return;
      case 2:
        return hand_over(slot);
      default:
        return give_back(slot);
    }
  }

  void receive() {
    const uint64_t ticket = shared_.tickets[random_.below(kPlaces)].exchange(0);
    if (ticket != 0) adopt(ticket);
  }

  void reclaim() {
    shared_.reclaimed += pool::reclaim(shared_.pool.region, shared_.pool.held);
    // Numbers of what is another's, or free, take nothing.
    const uint32_t slot = random_.below(kSlots);
    uint64_t ticket = 0;
    expect(pool::release(id_, slot, owners::thread_word()) != Refusal::kNone, "released by its number", slot);
    expect(pool::hand_over(id_, slot, &ticket) != Refusal::kNone, "handed over by its number", slot);
    expect(pool::adopt(id_, slot) != Refusal::kNone, "adopted by its number", slot);
    expect(pool::adopt(id_, last_) != Refusal::kNone, "adopted twice", static_cast<int64_t>(last_));
  }

 private:
  Thing& thing(uint32_t slot) { return shared_.things[slot]; }

  void enter(uint32_t slot, Holder from, Holder or_from) {
    const uint32_t before = thing(slot).holder.exchange(number_ + 1, std::memory_order_relaxed);
    expect(before == from || before == or_from, "a slot held twice, by", before, from);
    thing(slot).last = number_;
  }

  void leave(uint32_t slot, Holder to) {
    expect(thing(slot).last == number_, "what a slot stands for changed", slot);
    const uint32_t before = thing(slot).holder.exchange(to, std::memory_order_relaxed);
    expect(before == number_ + 1, "a slot lost, to", before, number_ + 1);
  }

  void hand_over(uint32_t slot) {
    leave(slot, kOnItsWay);
    uint64_t ticket = 0;
    const Refusal refused = pool::hand_over(id_, slot, &ticket);
    expect(refused == Refusal::kNone, "handed over", static_cast<int64_t>(refused));
    const uint64_t before = shared_.tickets[random_.below(kPlaces)].exchange(ticket);
    if (before != 0) adopt(before);
  }

  void adopt(uint64_t ticket) {
    const Refusal refused = pool::adopt(id_, ticket);
    expect(refused == Refusal::kNone, "what was handed over is lost", static_cast<int64_t>(refused));
    last_ = ticket;
    ++shared_.adopted;
    const auto slot = static_cast<uint32_t>(ticket % rseq::slots::kMostSlots);
    enter(slot, kOnItsWay, kOnItsWay);
    give_back(slot);
  }

  /// Alone, or in a list with another one.
  void give_back(uint32_t slot) {
    int32_t all[2] = {static_cast<int32_t>(slot), -1};
    uint32_t count = 1;
    if (random_.below(2) == 0) {
      all[1] = pool::acquire(id_, owners::thread_word());
      if (all[1] >= 0) enter(static_cast<uint32_t>(all[count++]), kFree, kOfTheDead);
    }
    for (uint32_t i = 0; i < count; ++i) leave(static_cast<uint32_t>(all[i]), kFree);
    uint32_t at = 0;
    const Refusal refused = random_.below(2) == 0 && count == 1
                                ? pool::release(id_, slot, owners::thread_word())
                                : pool::release_many(id_, all, count, &at);
    expect(refused == Refusal::kNone, "released", static_cast<int64_t>(refused));
  }

  Shared& shared_;
  uint32_t id_;
  uint32_t number_;
  Random random_;
  uint64_t last_ = 0;
};

}  // namespace

Figures race_passing(uint64_t rounds, uint32_t seed) {
  const uint32_t threads = 3 + seed % 2;
  const uint64_t before = violations;
  const Opened opened = make(region::kProcess, region::Kind::kPool, "", kSlots);
  expect(opened.exists(), "a pool");
  Shared shared(opened);
  on_threads(threads, [&](uint32_t i) {
    Passer passer(shared, i, seed);
    for (uint64_t k = 0; k < rounds / threads; ++k) {
      passer.pass_on();
      passer.receive();
      if (k % threads == i) passer.reclaim();
    }
  });
  for (const std::atomic<uint64_t>& ticket : shared.tickets) {
    if (ticket == 0) continue;
    const Refusal refused = pool::adopt(opened.held.id, ticket);
    expect(refused == Refusal::kNone, "left on its way, and lost", static_cast<int64_t>(refused));
    pool::release(opened.held.id, static_cast<uint32_t>(ticket % rseq::slots::kMostSlots),
                  owners::thread_word());
  }
  shared.reclaimed += pool::reclaim(opened.region, opened.held);
  const uint32_t held = pool::count_held(opened.region, opened.held);
  expect(held == 0, "held by nobody", held);
  close(opened);
  operations += rounds * 4;
  return {.rounds = rounds,
          .wrong = violations - before,
          .more = {{"adopted", shared.adopted}, {"reclaimed", shared.reclaimed}}};
}

}  // namespace structures
