/// Slots that are handed over: who may have them, however late the message comes.
#include <fcntl.h>
#include <unistd.h>

#include "harness.h"
#include "objects/pool.h"
#include "objects/slots.h"
#include "region/lock.h"
#include "region/owners.h"
#include "steps.h"

namespace structures {
namespace {

namespace owners = rseq::region::owners;
namespace pool = rseq::pool;
namespace slots = rseq::slots;
using pool::Refusal;

void expect_refused(Refusal found, Refusal expected, const char* what) {
  expect(found == expected, what, static_cast<int64_t>(found), static_cast<int64_t>(expected));
}

/// A pool, with the calls of whichever thread makes them.
class Pool {
 public:
  explicit Pool(uint32_t count, uint32_t region = region::kProcess)
      : opened_(make(region, region::Kind::kPool, "", count)) {
    expect(opened_.exists(), "a pool");
  }
  ~Pool() { close(opened_); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  uint32_t id() const { return opened_.held.id; }
  uint32_t take(uint32_t thread = owners::thread_word()) const {
    const int32_t slot = pool::acquire(id(), thread);
    expect(slot >= 0, "a slot", slot);
    return static_cast<uint32_t>(slot);
  }
  Refusal give(uint32_t slot, uint32_t thread = owners::thread_word()) const {
    return pool::release(id(), slot, thread);
  }
  uint64_t send(uint32_t slot) const {
    uint64_t ticket = 0;
    expect_refused(pool::hand_over(id(), slot, &ticket), Refusal::kNone, "handed over");
    return ticket;
  }
  Refusal adopt(uint64_t ticket) const { return pool::adopt(id(), ticket); }
  uint32_t reclaim() const { return pool::reclaim(opened_.region, opened_.held); }
  uint32_t held() const { return pool::count_held(opened_.region, opened_.held); }
  uint64_t& word(uint32_t cell) const {
    return *reinterpret_cast<uint64_t*>(
        region::cell_of(opened_.region, opened_.held, region::stripes_of(opened_.region), cell));
  }
  uint64_t& owner(uint32_t slot) const { return word(slots::kFirst + slot); }

 private:
  Opened opened_;
};

/// The calling thread has ended, and goes on as another one.
void become_another() { owners::end_thread(); }

/// What was not handed over is lost with its thread: nobody gets at its next owner's by the slot's number.
void come_too_late() {
  const Pool one(1);
  const uint32_t slot = one.take();
  become_another();
  expect(one.reclaim() == 1, "reclaimed of an ended thread");
  const uint32_t other = owners::thread_word() + 1;
  expect(one.take(other) == slot, "its next owner's");
  expect_refused(one.adopt(slot), Refusal::kFree, "adopted by a slot's number");
  expect_refused(one.give(slot), Refusal::kOther, "another thread's, released by its number");
  uint32_t at = 7;
  const auto listed = static_cast<int32_t>(slot);
  expect_refused(pool::release_many(one.id(), &listed, 1, &at), Refusal::kOther, "released with others");
  uint64_t ticket = 0;
  expect_refused(pool::hand_over(one.id(), slot, &ticket), Refusal::kOther, "handed over by its number");
  expect_refused(one.adopt(ticket), Refusal::kFree, "adopted by a ticket of what was refused");
  expect(static_cast<uint32_t>(one.owner(slot)) == other && at == 0, "still its owner's");
  expect_refused(one.give(slot, other), Refusal::kNone, "released by its owner");
}

/// What was handed over finds its receiver, whatever becomes of the sender; once.
void arrive() {
  const Pool one(2);
  const uint32_t slot = one.take();
  const uint64_t ticket = one.send(slot);
  expect(ticket % slots::kMostSlots == slot && ticket / slots::kMostSlots == 1, "a ticket",
         static_cast<int64_t>(ticket));
  expect_refused(one.give(slot), Refusal::kHandedOver, "released while it is on its way");
  become_another();
  expect(one.reclaim() == 0 && one.held() == 1, "reclaimed on its way");
  expect(one.take() != slot && pool::acquire(one.id(), owners::thread_word()) == pool::kEmpty,
         "acquired on its way");
  expect_refused(one.adopt(ticket + slots::kMostSlots), Refusal::kFree, "a number that was not given yet");
  expect_refused(one.adopt(ticket + (UINT64_C(1) << 48)), Refusal::kFree, "a number that is none");
  expect_refused(one.adopt(ticket), Refusal::kNone, "adopted");
  expect_refused(one.adopt(ticket), Refusal::kFree, "adopted twice");
  // The one who handed it over may have it back, and hand it over again: the first ticket is over.
  const uint64_t next = one.send(slot);
  expect_refused(one.adopt(ticket), Refusal::kFree, "by the ticket before");
  expect_refused(one.adopt(next), Refusal::kNone, "by its ticket");
  expect_refused(one.give(slot), Refusal::kNone, "released");
  expect_refused(one.adopt(next), Refusal::kFree, "adopted when it was released");
  become_another();
  expect(one.reclaim() == 1, "the other slot, of an ended thread");
}

void refuse() {
  const Pool one(2);
  uint64_t ticket = 0;
  expect_refused(pool::hand_over(one.id(), 0, &ticket), Refusal::kFree, "a free one, handed over");
  expect_refused(pool::hand_over(one.id(), 2, &ticket), Refusal::kOutside, "one that is none, handed over");
  expect_refused(one.adopt(slots::kMostSlots + 2), Refusal::kOutside, "one that is none, adopted");
  const uint32_t nobody = slots::kMostPools - 1;
  expect_refused(pool::hand_over(nobody, 0, &ticket), Refusal::kNoPool, "handed over in no pool");
  expect_refused(pool::adopt(nobody, slots::kMostSlots), Refusal::kNoPool, "adopted in no pool");
  expect_refused(pool::release(nobody, 0, 0), Refusal::kNoPool, "released in no pool");
  // Numbers come round, and leave 0 out.
  const uint32_t slot = one.take();
  one.word(slots::kTop) = ~UINT64_C(0) - 1;
  const uint64_t last = one.send(slot);
  expect(last >> slots::kSlotBits == UINT32_MAX, "the last number", static_cast<int64_t>(last));
  expect_refused(one.adopt(last), Refusal::kNone, "adopted by the last number");
  const uint64_t first = one.send(slot);
  expect(first >> slots::kSlotBits == 1, "behind the last number", static_cast<int64_t>(first));
  expect_refused(one.adopt(first), Refusal::kNone, "adopted by the first number");
  expect_refused(one.give(slot), Refusal::kNone, "released");
}

/// Between processes: another one is a lock, and words that it has written.
void cross_processes() {
  const std::string path = folder() + "/handing";
  const int32_t created = region::create_file(path.c_str(), 8192);
  expect(created > 0, "a file", created);
  const auto number = static_cast<uint32_t>(created);
  region::Info info;
  expect(region::info(number, &info), "info");
  const int other = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  const uint32_t place = info.directory->process + 1;
  info.directory->processes[place].pid = 77;
  info.directory->processes[place].incarnation = 5;
  expect(rseq::region::lock::take_process(other, place), "another process");
  const uint64_t half = uint64_t{place} << 53 | UINT64_C(5) << 32;
  {
    const Pool one(3, number);
    one.owner(0) = half | 1;
    one.owner(1) = owners::handed_over(half, 9);
    one.owner(2) = owners::handed_over(half, 10);
    expect_refused(one.give(0), Refusal::kForeign, "another process's");
    expect_refused(one.give(1), Refusal::kHandedOver, "another process's on its way");
    expect_refused(one.adopt(9 * slots::kMostSlots), Refusal::kFree, "its thread's");
    expect(one.reclaim() == 0, "reclaimed of a living process");
    expect_refused(one.adopt(9 * slots::kMostSlots + 1), Refusal::kNone, "handed over by another process");
    expect_refused(one.give(1), Refusal::kNone, "released");
    ::close(other);
    // Dead: what it had on its way can still be adopted, until somebody reclaims it.
    one.owner(1) = owners::handed_over(half, 11);
    expect_refused(one.adopt(11 * slots::kMostSlots + 1), Refusal::kNone, "handed over by one that is dead");
    expect(one.reclaim() == 2 && one.held() == 1, "reclaimed of a dead process");
    expect_refused(one.adopt(10 * slots::kMostSlots + 2), Refusal::kFree, "adopted when it was reclaimed");
    expect_refused(one.give(1), Refusal::kNone, "released");
  }
  region::close(number);
  unlink(path.c_str());
}

#if STRUCTURES_STEPS

constexpr uint32_t kSlots = 2;
constexpr uint32_t kEach = ~UINT32_C(0);
constexpr uint32_t kNever = 0;
/// What all threads have beyond those that are told apart.
constexpr uint32_t kShared = owners::kThreadSlots - 1;

/// `work` on a new pool whose slots are `thread`'s. It is stopped behind one of its instructions, behind
/// each, or never: there `then` happens.
/// @return how many instructions it has
template <typename Work, typename Then, typename After>
uint32_t stopped(uint32_t at, uint32_t thread, Work work, Then then, After after) {
  const Pool one(kSlots);
  for (uint32_t i = 0; i < kSlots; ++i) one.take(thread);
  uint32_t steps = 0;
  in_steps([&] { work(one); },
           [&] {
             if (++steps != at && at != kEach) return;
             then(one);
             if (at != kEach) end_steps();
           });
  after(one);
  return steps;
}

/// Whatever is released with others can be another's at once, and is not taken from that one.
void stop_release_many(uint32_t seed) {
  constexpr uint32_t kPoints = 32;
  constexpr int32_t kAll[] = {0, 1};
  const uint32_t thread = owners::thread_word();
  const uint32_t other = thread + 1;
  uint32_t taken[kSlots] = {};
  uint32_t count = 0;
  const auto stop_at = [&](uint32_t point) {
    count = 0;
    return stopped(
        point, thread,
        [&](const Pool& one) {
          uint32_t at = 0;
          expect_refused(pool::release_many(one.id(), kAll, kSlots, &at), Refusal::kNone,
                         "released, in steps");
        },
        [&](const Pool& one) {
          // The other thread is one that has ended.
          if (count == 0) expect(one.reclaim() == 0, "reclaimed in the midst of a release");
          for (int32_t slot = pool::acquire(one.id(), other); slot >= 0 && count < kSlots;
               slot = pool::acquire(one.id(), other))
            taken[count++] = static_cast<uint32_t>(slot);
        },
        [&](const Pool& one) {
          for (uint32_t i = 0; i < count; ++i) {
            expect(static_cast<uint32_t>(one.owner(taken[i])) == other, "freed under its next owner",
                   taken[i]);
            expect_refused(one.give(taken[i], other), Refusal::kNone, "released by its next owner");
          }
          expect(one.held() == 0, "all are free", one.held());
        });
  };
  // Each slot is another's as soon as it can be; or at some point.
  const uint32_t steps = stop_at(kEach);
  expect(count == kSlots, "another's in the midst of it", count, kSlots);
  Random random(seed);
  for (uint32_t i = 0; i < kPoints; ++i) stop_at(1 + random.below(steps));
}

/// Who guesses the number that marks a list has the slot, and it is not freed under that one.
void guess_mark(uint32_t seed) {
  constexpr uint32_t kPoints = 64;
  constexpr int32_t kAll[] = {0, 1};
  constexpr uint64_t kTicket = slots::kMostSlots + 1;
  Random random(seed);
  Refusal adopted = Refusal::kFree;
  uint32_t guessed = 0;
  const auto stop_at = [&](uint32_t point) {
    adopted = Refusal::kFree;
    return stopped(
        point, owners::thread_word(),
        [&](const Pool& one) {
          uint32_t at = 0;
          pool::release_many(one.id(), kAll, kSlots, &at);
        },
        [&](const Pool& one) { adopted = one.adopt(kTicket); },
        [&](const Pool& one) {
          if (adopted != Refusal::kNone) return;
          ++guessed;
          expect_refused(one.give(1), Refusal::kNone, "freed under who adopted it");
        });
  };
  const uint32_t steps = stop_at(kNever);
  for (uint32_t i = 0; i < kPoints; ++i) stop_at(1 + random.below(steps));
  expect(guessed > 0, "guessed in time", guessed);
}

/// Threads beyond the last thread slot have one word. One of them releases, by mistake, what another one is
/// releasing; meanwhile a third one has it.
void stop_release_of_shared() {
  constexpr uint32_t kBefore = 24 * kInstructions;
  const uint32_t other = owners::thread_word();
  /// @return whether the word was not changed yet
  const auto stop_at = [&](uint32_t point) {
    int32_t taken = -1;
    stopped(
        point, kShared, [](const Pool& one) { one.give(1, kShared); },
        [&](const Pool& one) {
          if (one.give(1, kShared) == Refusal::kNone) taken = pool::acquire(one.id(), other);
        },
        [&](const Pool& one) {
          if (taken < 0) return;
          expect(static_cast<uint32_t>(one.owner(1)) == other, "freed by one of many", taken);
        });
    return taken >= 0;
  };
  // The last instruction before the word is changed; it was looked at a few before that.
  uint32_t last = 1;
  uint32_t changed = 4096 * kInstructions;
  expect(stop_at(last) && !stop_at(changed), "stopped before it was changed, and behind");
  while (changed - last > 1) {
    const uint32_t middle = (last + changed) / 2;
    (stop_at(middle) ? last : changed) = middle;
  }
  for (uint32_t i = 0; i < kBefore && i < last; ++i) expect(stop_at(last - i), "not changed yet", last - i);
}

#endif

}  // namespace

void hand_over(uint32_t seed) {
  on_threads(1, [seed](uint32_t) {
    come_too_late();
    arrive();
    refuse();
    cross_processes();
#if STRUCTURES_STEPS
    stop_release_many(seed);
    guess_mark(seed);
    stop_release_of_shared();
#endif
  });
  operations += 60;
}

}  // namespace structures
