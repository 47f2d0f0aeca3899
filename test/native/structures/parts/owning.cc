/// Who owns what, in a word: threads and processes that live, ended ones, and words that nobody made.
#include "region/owners.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness.h"
#include "region/lock.h"

namespace structures {
namespace {

namespace lock = rseq::region::lock;
namespace owners = rseq::region::owners;

constexpr uint32_t kCells = 8192;
constexpr uint32_t kSlots = 1U << 12;
constexpr uint32_t kTurns = 1U << 20;
constexpr uint32_t kLastIncarnation = (1U << 21) - 1;

uint32_t slot_of(uint32_t thread) { return thread % kSlots; }
uint32_t turn_of(uint32_t thread) { return thread / kSlots; }

uint64_t word_of(uint32_t process, uint32_t incarnation, uint32_t thread) {
  return uint64_t{process} << 53 | uint64_t{incarnation} << 32 | thread;
}

void expect_lives(uint32_t region, uint64_t word, bool expected, const char* what) {
  expect(owners::lives(region, word) == expected, what, static_cast<int64_t>(word));
}

void number_processes() {
  expect(owners::next_incarnation(0) == 1 && owners::next_incarnation(1) == 2, "the next one");
  expect(owners::next_incarnation(kLastIncarnation - 1) == kLastIncarnation, "the last one");
  expect(owners::next_incarnation(kLastIncarnation) == 1, "behind the last one is the first");
  const uint64_t word = word_of(1023, kLastIncarnation, ~0U);
  expect(owners::process_of(word) == word_of(1023, kLastIncarnation, 0), "a word's process");
  const uint64_t on_its_way = owners::handed_over(word_of(1023, kLastIncarnation, 0), 7);
  expect(on_its_way == (word_of(1023, kLastIncarnation, 7) | UINT64_C(1) << 63), "one on its way");
  expect(owners::process_of(on_its_way) == word_of(1023, kLastIncarnation, 0), "of one on its way");
  expect(owners::is_handed_over(on_its_way) && !owners::is_handed_over(word), "which is on its way");
  expect(owners::is_shared(kSlots - 1) && owners::is_shared(~UINT64_C(0)), "the slot of all others");
  expect(!owners::is_shared(0) && !owners::is_shared(kSlots - 2) && !owners::is_shared(kSlots), "one's own");
}

/// Each thread has its turn in the lowest slot that is free.
void take_turns(uint32_t number) {
  on_threads(1, [number](uint32_t) {
    const uint32_t first = owners::thread_word();
    expect(owners::thread_word() == first, "the same thread");
    const uint64_t word = owners::word(number);
    expect_lives(number, word, true, "this thread");
    owners::end_thread();
    expect_lives(number, word, false, "this thread, ended");
    const uint32_t second = owners::thread_word();
    expect(slot_of(second) == slot_of(first), "the same slot", slot_of(second), slot_of(first));
    expect(turn_of(second) == (turn_of(first) + 1) % kTurns, "the next turn", turn_of(second),
           turn_of(first));
    expect_lives(number, word, false, "the turn before");
    uint32_t beside = second;
    on_threads(1, [&](uint32_t) { beside = owners::thread_word(); });
    expect(slot_of(beside) == slot_of(second) + 1, "the next slot", slot_of(beside), slot_of(second));
    expect_lives(number, owners::process_of(owners::word(number)) | beside, false, "a thread that ended");
  });
}

/// Words of this process, and of others in a file.
void tell_processes() {
  const std::string path = folder() + "/owning";
  const int32_t created = region::create_file(path.c_str(), kCells);
  expect(created > 0, "a file", created);
  const auto number = static_cast<uint32_t>(created);
  region::Info info;
  expect(region::info(number, &info), "info");
  const uint32_t process = info.directory->process;
  const uint32_t incarnation = info.directory->incarnation;
  const uint32_t thread = owners::thread_word();
  const uint64_t own = owners::word(number);
  expect(own == word_of(process, incarnation, thread) && incarnation != 0, "this thread's word");
  expect(owners::process_word(*info.directory) == word_of(process, incarnation, 0), "this process's half");
  expect_lives(number, own, true, "this thread");
  const uint64_t half = owners::process_of(own);
  // Whatever the number is, it is no thread's.
  for (const uint32_t one : {thread, thread + 1, 1U << 31})
    expect_lives(number, owners::handed_over(half, one), true, "on its way, of this process");
  expect_lives(number, owners::handed_over(word_of(process, incarnation + 1, 0), 1), false,
               "on its way, of another incarnation");
  expect_lives(number, 0, false, "nobody");
  expect_lives(number, word_of(process, incarnation + 1, thread), false, "another incarnation");
  expect_lives(number, word_of(process, incarnation, thread + kSlots), false, "another turn");
  expect_lives(number, word_of(process, incarnation, thread + 1), false, "another slot");
  expect_lives(number, word_of(process, incarnation, thread | (kSlots - 1)), true, "the slot of all others");
  expect_lives(region::kMaxRegions, own, false, "in no region");
  expect(owners::word(region::kMaxRegions) == 0 && owners::pid(region::kMaxRegions, own) == 0,
         "of no region");
  const auto self = static_cast<uint32_t>(getpid());
  expect(owners::pid(number, own) == self, "its process", owners::pid(number, own), self);
  expect(owners::pid(number, owners::handed_over(half, 1)) == self, "the process that it is on its way of");

  // Another one: what it writes down, and its lock.
  const int other = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  const uint32_t slot = process + 1;
  const uint64_t others = word_of(slot, 5, thread + 1);
  region::Process& written = info.directory->processes[slot];
  expect_lives(number, word_of(slot, 0, 0), false, "no incarnation");
  expect(owners::pid(number, word_of(slot, 0, 1)) == 0, "of no incarnation");
  written.pid = 77;
  expect(lock::take_process(other, slot), "a slot");
  expect_lives(number, word_of(slot, 0, 1), false, "no incarnation, of who has the slot");
  expect(owners::pid(number, word_of(slot, 0, 1)) == 0, "of no incarnation");
  written.incarnation = 5;
  expect_lives(number, others, true, "another process");
  const uint64_t sent = owners::handed_over(owners::process_of(others), 9);
  expect_lives(number, sent, true, "on its way, of another process");
  expect(owners::pid(number, others) == 77, "another process's ID");
  expect_lives(number, word_of(slot, 4, thread), false, "the one before");
  expect(owners::pid(number, word_of(slot, 4, thread)) == 0, "the one before's ID");
  ::close(other);
  expect_lives(number, others, false, "another process, dead");
  expect_lives(number, sent, false, "on its way, of a dead process");
  expect(owners::pid(number, others) == 77, "its ID is still known");
  written = {};

  const int32_t looking = region::attach(path.c_str(), true);
  expect(looking > 0 && looking != created, "looked at", looking);
  expect(owners::word(static_cast<uint32_t>(looking)) == 0, "who only looks owns nothing");
  expect_lives(static_cast<uint32_t>(looking), own, true, "seen by who only looks");
  region::close(static_cast<uint32_t>(looking));
  take_turns(number);
  region::close(number);
  unlink(path.c_str());
}

/// Slots of processes that a region has not: of its own memory this process alone.
void stay_inside() {
  region::Info info;
  expect(region::info(region::kProcess, &info), "info");
  expect(info.directory->sizes.processes == 1, "one process");
  region::Process& beyond = info.directory->processes[1];
  beyond.incarnation = 3;
  beyond.pid = 77;
  expect(owners::pid(region::kProcess, word_of(1, 3, 1)) == 0, "a process beyond the last");
  expect_lives(region::kProcess, word_of(1, 3, 1), false, "a process beyond the last");
  beyond = {};
  const uint64_t own = owners::word(region::kProcess);
  expect_lives(region::kProcess, own, true, "this thread in its own memory");
}

/// Turns begin again.
void wrap_turns() {
  const uint32_t first = owners::thread_word();
  uint32_t word = first;
  for (uint32_t i = 1; i <= kTurns; ++i) {
    owners::end_thread();
    word = owners::thread_word();
    if (slot_of(word) == slot_of(first) && turn_of(word) == (turn_of(first) + i) % kTurns) continue;
    expect(false, "a turn", word);
    return;
  }
  expect(word == first, "after all turns", word, first);
  expect_lives(region::kProcess, owners::word(region::kProcess), true, "this thread, after all turns");
}

void* take_word(void* out) {
  *static_cast<uint32_t*>(out) = owners::thread_word();
  return nullptr;
}

/// In a process of its own, as its threads leave their slots taken: one after the other, until there is none.
void use_up() {
  owners::end_thread();
  const uint32_t first = slot_of(owners::thread_word());
  uint32_t word = 0;
  for (uint32_t i = first + 1; i < kSlots + 2; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, take_word, &word) != 0) abort();
    pthread_join(thread, nullptr);
    const uint32_t expected = i < kSlots ? i : kSlots - 1;
    expect(slot_of(word) == expected, "the next slot", slot_of(word), expected);
  }
  // The last slot is of many, none of which is told from another.
  expect(turn_of(word) == 0, "a turn of the last slot", turn_of(word));
  const uint64_t shared = owners::process_of(owners::word(region::kProcess)) | word;
  expect_lives(region::kProcess, shared, true, "one of many");
  owners::end_thread();
  expect(slot_of(owners::thread_word()) == first, "a slot that is free again");
}

}  // namespace

void own() {
  expect(slot_of(owners::thread_word()) == 0, "the first thread's slot", slot_of(owners::thread_word()));
  number_processes();
  tell_processes();
  stay_inside();
  in_process(use_up);
  // Too many of them for valgrind.
  if (has_sections()) wrap_turns();
  operations += kTurns;
}

}  // namespace structures
