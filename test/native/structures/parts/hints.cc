/// A pool by one thread on one CPU: which slots it takes, in what order, and what its hints say.
#include "harness.h"
#include "kernel/cpu.h"
#include "objects/pool.h"
#include "objects/slots.h"
#include "region/owners.h"

namespace structures {
namespace {

namespace owners = rseq::region::owners;
namespace pool = rseq::pool;
namespace slots = rseq::slots;

constexpr uint32_t kMany = slots::kMostHints + 44;

/// A pool, and the run of the CPU that this thread stays on.
class Pool {
 public:
  Pool(uint32_t count, uint32_t cpu)
      : opened_(make(region::kProcess, region::Kind::kPool, "", count)), cpu_(cpu) {
    expect(opened_.exists(), "a pool");
  }
  ~Pool() { close(opened_); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int64_t& cell(uint32_t which) const { return *region::cell_of(opened_.region, opened_.held, cpu_, which); }
  uint32_t height() const { return static_cast<uint32_t>(cell(slots::kTop)); }
  int64_t changes() const { return cell(slots::kTop) >> 32; }

  int32_t take() const { return pool::acquire(opened_.held.id, owners::thread_word()); }
  void give(int32_t slot) const {
    const auto refused = pool::release(opened_.held.id, static_cast<uint32_t>(slot), owners::thread_word());
    expect(refused == pool::Refusal::kNone, "given back", static_cast<int64_t>(refused));
  }
  int32_t take_many(int32_t* out, uint32_t most) const {
    return pool::acquire_many(opened_.held.id, out, most);
  }
  pool::Refusal give_many(const int32_t* which, uint32_t count, uint32_t* at) const {
    return pool::release_many(opened_.held.id, which, count, at);
  }
  /// The owner of a slot, or of one behind the last.
  int64_t& owner(uint32_t slot) const {
    return *region::cell_of(opened_.region, opened_.held, region::stripes_of(opened_.region),
                            slots::kFirst + slot);
  }
  uint32_t reclaim() const { return pool::reclaim(opened_.region, opened_.held); }
  /// As of a region that can only be read.
  uint32_t reclaim_read_only() const {
    region::Held held = opened_.held;
    held.id = region::kNoId;
    return pool::reclaim(opened_.region, held);
  }
  uint32_t held() const { return pool::count_held(opened_.region, opened_.held); }

 private:
  Opened opened_;
  uint32_t cpu_;
};

/// Each CPU begins with slots of its own, and goes on from the one that it found last.
void search(uint32_t cpu) {
  constexpr uint32_t kSlots = 24;
  const Pool slots(kSlots, cpu);
  const uint32_t first = kSlots * cpu / (region::stripes_of(region::kProcess) + 1);
  for (uint32_t i = 0; i < 2 * kSlots; ++i) {
    const int32_t slot = slots.take();
    const auto expected = static_cast<int32_t>((first + i) % kSlots);
    expect(slot == expected, "the next slot", slot, expected);
    // The first time round it is free again behind it, and without a hint.
    if (i >= kSlots) continue;
    slots.give(slot);
    slots.cell(slots::kTop) = 0;
  }
  expect(slots.take() == pool::kEmpty, "one more than there are");
  expect(slots.held() == kSlots, "held", slots.held(), kSlots);
  // Behind the last one comes the first.
  slots.give(0);
  slots.cell(slots::kTop) = 0;
  expect(slots.take() == 0, "the only one that is free");
}

/// A number that is nobody's stands for no slots, whatever is in the cells.
void take_nobodys(uint32_t cpu) {
  auto* first = rseq::arena::stripes.cell<uint64_t>(cpu, 0);
  const uint64_t was = *first;
  *first = 1;
  expect(pool::acquire(slots::kMostPools - 1, owners::thread_word()) == pool::kNobody, "nobody's slot");
  expect(*first == 1, "somebody's cell", static_cast<int64_t>(*first), 1);
  *first = was;
}

/// The last one released is taken first; what has no room on the stack is found all the same.
void stack(uint32_t cpu) {
  const Pool slots(kMany, cpu);
  std::vector<int32_t> taken;
  for (uint32_t i = 0; i < kMany; ++i) taken.push_back(slots.take());
  expect(slots.height() == 0 && slots.changes() == 0, "no hints at first", slots.height());
  for (const int32_t slot : taken) slots.give(slot);
  expect(slots.height() == slots::kMostHints, "as many hints as have room", slots.height(),
         slots::kMostHints);
  expect(slots.changes() == slots::kMostHints, "a change each", slots.changes(), slots::kMostHints);
  for (uint32_t i = slots::kMostHints; i > 0; --i) {
    const int32_t slot = slots.take();
    expect(slot == taken[i - 1], "the last one first", slot, taken[i - 1]);
  }
  expect(slots.height() == 0, "no hints left", slots.height());
  expect(slots.changes() == int64_t{2} * slots::kMostHints, "a change each", slots.changes());
  for (uint32_t i = slots::kMostHints; i < kMany; ++i) expect(slots.take() >= 0, "a slot without a hint");
  expect(slots.take() == pool::kEmpty, "one more than there are");
}

/// A hint that is wrong is passed over; a stack that is too high to be one is none.
void wrong_hints(uint32_t cpu) {
  const Pool slots(kMany, cpu);
  const int32_t one = slots.take();
  const int32_t two = slots.take();
  slots.give(one);
  slots.give(two);
  int64_t* hints = &slots.cell(slots::kFirst);
  hints[1] = kMany;  // no slot
  const int32_t after = slots.take();
  expect(after >= 0 && after < static_cast<int32_t>(kMany), "a hint outside", after);
  slots.give(after);
  for (const int64_t height : {int64_t{slots::kMostHints} + 1, INT64_C(0xffffffff)}) {
    slots.cell(slots::kTop) = height;
    hints[slots::kMostHints] = kMany - 1;
    const int32_t slot = slots.take();
    expect(slot >= 0 && slot != static_cast<int32_t>(kMany) - 1, "a hint above the stack", slot);
    slots.give(slot);
    expect(slots.cell(slots::kTop) == height, "a stack that is none grows", slots.cell(slots::kTop), height);
  }
}

/// All of them are released, or none.
void many(uint32_t cpu) {
  constexpr uint32_t kSlots = 6;
  const Pool slots(kSlots, cpu);
  int32_t all[kSlots + 1] = {};
  uint32_t at = 77;
  expect(slots.take_many(all, 4) == 4 && slots.held() == 4, "four", slots.held(), 4);
  expect(slots.take_many(all + 4, 3) == 2, "as many as there are");
  all[kSlots] = all[2];
  expect(slots.give_many(all, kSlots + 1, &at) == pool::Refusal::kFree && at == kSlots, "one twice", at);
  all[3] += static_cast<int32_t>(kSlots);
  expect(slots.give_many(all, kSlots, &at) == pool::Refusal::kOutside && at == 3, "one that is none", at, 3);
  all[3] -= static_cast<int32_t>(kSlots);
  expect(slots.held() == kSlots, "none was released", slots.held(), kSlots);
  expect(slots.give_many(all, 2, &at) == pool::Refusal::kNone && at == 2, "two", at, 2);
  expect(slots.held() == kSlots - 2, "two were released", slots.held(), kSlots - 2);
  expect(slots.give_many(all + 2, kSlots - 2, &at) == pool::Refusal::kNone && slots.held() == 0,
         "the others");
  if (has_sections()) expect(slots.height() == kSlots, "hints at all of them", slots.height(), kSlots);
  expect(slots.give_many(all, 1, &at) == pool::Refusal::kFree && at == 0, "one that is free", at, 0);
}

/// Only slots, and only of the dead.
void reclaim() {
  constexpr uint32_t kSlots = 3;
  constexpr int64_t kNobodyLiving = 77;
  const Pool slots(kSlots, 0);
  const uint32_t other = slots.take() == 0 ? 1 : 0;
  slots.owner(other) = slots.owner(kSlots) = kNobodyLiving;
  expect(slots.held() == 2, "held", slots.held(), 2);
  expect(slots.reclaim_read_only() == 0 && slots.held() == 2, "reclaimed of what can only be read");
  const uint32_t reclaimed = slots.reclaim();
  expect(reclaimed == 1 && slots.held() == 1, "reclaimed", reclaimed, 1);
  expect(slots.owner(kSlots) == kNobodyLiving, "behind the last slot", slots.owner(kSlots), kNobodyLiving);
  slots.owner(kSlots) = 0;
}

}  // namespace

void follow_hints() {
  on_threads(1, [](uint32_t) {
    // The last one that there is: the first one's part of the slots begins with none to be left out.
    const uint32_t here = stay_on_last();
    expect(rseq::cpu::sched_getcpu() == static_cast<int32_t>(here), "on one CPU", here);
    many(here);
    reclaim();
    if (!has_sections()) return;
    search(here);
    take_nobodys(here);
    stack(here);
    wrong_hints(here);
  });
  operations += uint64_t{6} * kMany;
}

}  // namespace structures
