/// Places of dead processes, and what they held: for those who come after them, or who need the room.
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>

#include "member.h"
#include "region/lock.h"
#include "steps.h"

namespace structures {
namespace {

/// Each has the first slot that no living one has; the next one there is told from the one before.
void take_places(const std::string& path) {
  std::unique_ptr<Member> members[kPlaces];
  const auto expect_in = [&](uint32_t slot, uint32_t high, uint32_t incarnation) {
    const Member& member = *members[slot];
    const region::Process& written = member.own.processes[slot];
    expect(member.joined == 0 && member.own.process == slot, "a place", member.own.process, slot);
    expect(member.header().process_high == high, "places", member.header().process_high, high);
    expect(written.incarnation == incarnation && member.own.incarnation == incarnation, "an incarnation",
           written.incarnation, incarnation);
    expect(written.pid == static_cast<uint32_t>(getpid()) && written.start_time != 0, "written down");
    member.expect_used(0, 0);
  };
  for (uint32_t i = 0; i < kPlaces; ++i) {
    members[i] = std::make_unique<Member>(path);
    expect_in(i, i + 1, 1);
  }
  expect(Member(path).joined == region::kTooMany, "one too many");
  for (const uint32_t i : {1U, 0U, 2U}) {
    members[i].reset();
    members[i] = std::make_unique<Member>(path);
    expect_in(i, kPlaces, 2);
  }
  members[0]->own.processes[0].incarnation = (1U << 21) - 1;
  members[0].reset();
  members[0] = std::make_unique<Member>(path);
  expect_in(0, kPlaces, 1);
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
  first.expect_used(72, 72 * kRun);
  dead.reset();
  const Member next(path);
  expect(next.own.process == 1, "the same place", next.own.process, 1);
  first.expect_used(2, 2 * kRun);
  expect(first.is_live(named) && first.is_filled(first.entry(named), named + 1), "what has a name stays");
  expect(first.is_live(shared) && first.is_filled(first.entry(shared), shared + 1), "so does what is held");
  for (const uint32_t number : nameless)
    expect(!first.is_live(number) && first.is_filled(first.entry(number), 0), "what nobody finds", number);
  for (uint32_t number = 0; number < kMemberSizes.entries; number += 64)
    expect(first.holds(1, number) == 0, "what is held in its place", number);
  for (const uint32_t number : {high, beyond})
    expect(first.entry(number).generation == 0, "what was never used", number);
}

#if STRUCTURES_STEPS

/// By the time that somebody lives in a place, what the dead one held there is nobody's, and it is written
/// down.
void inherit_in_steps(const std::string& path) {
  const Member first(path);
  auto dead = std::make_unique<Member>(path);
  const uint32_t nameless = dead->make("");
  dead->own.processes[1].pid = 77;
  dead.reset();
  std::unique_ptr<Member> next;
  uint32_t lives = 0;
  in_steps([&] { next = std::make_unique<Member>(path); },
           [&] {
             if (!was_call() || !region::lock::is_alive(first.own.fd, 1) || lives++ > 0) return;
             const region::Process& written = first.own.processes[1];
             expect(first.holds(1, nameless) == 0 && !first.is_live(nameless), "held by the dead", nameless);
             expect(written.incarnation == 2 && written.pid != 77, "its process", written.pid);
             expect(first.header().dirty == 0, "in the midst of it");
           });
  expect(lives > 0 && next->own.process == 1, "in its place", next->own.process, 1);
}

#else

void inherit_in_steps(const std::string&) {}

#endif

/// A place whose lock cannot be had after all: the next one.
void pass_over(const std::string& path) {
  const Member first(path);
  // Locked as by a reader, which who asks does not see.
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  struct flock lock = {};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = 1 + 1;
  lock.l_len = 1;
  expect(fcntl(fd, F_OFD_SETLK, &lock) == 0, "a place locked for reading", errno);
  expect(!region::lock::is_alive(first.own.fd, 1), "nobody lives there");
  const Member next(path);
  expect(next.joined == 0 && next.own.process == 2, "the next place", next.own.process, 2);
  next.expect_used(0, 0);
  expect(Member(path).joined == region::kTooMany, "no other one");
  ::close(fd);
  expect(Member(path).own.process == 1, "now it can be had");
}

/// Where there is no room, what the dead held is let go of first.
void make_room(const std::string& path) {
  constexpr uint32_t kHalf = kMemberSizes.cells / 2;
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
  living.expect_used(3, kMemberSizes.cells);
  dead.reset();
  const uint32_t made = living.make("", kHalf);
  expect(living.entry(made).cell == 0, "in its place", living.entry(made).cell);
  expect(living.is_live(own) && living.is_live(named), "what is held stays");
  expect(living.own.processes[0].pid == 0 && living.own.processes[1].pid != 0, "who is dead");
  expect(living.own.processes[2].pid == 77, "who never was", living.own.processes[2].pid, 77);
  expect(living.holds(0, theirs) == 0 || made != theirs, "held by the dead");
  expect(living.try_make("", 1) == region::kFull, "no room again");
  living.expect_used(3, kMemberSizes.cells);
}

}  // namespace

void inherit_places() {
  const std::string path = folder() + "/places";
  for (const auto& work : {take_places, inherit, pass_over, make_room}) {
    work(path);
    unlink(path.c_str());
  }
  if (has_sections()) inherit_in_steps(path);
  unlink(path.c_str());
  operations += 500;
}

}  // namespace structures
