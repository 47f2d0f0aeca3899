/// The sections by themselves: each does what its specification says where nothing has changed, and nothing
/// where something has.
#include "sections/sequences.h"

#include <string.h>

#include "harness.h"
#include "thread/area.h"

namespace structures {
namespace {

namespace abi = rseq::abi;
namespace sequences = rseq::sequences;
using sequences::Outcome;

constexpr int kTries = 1000;

/// Calls `section(area, id, stripe)` until it commits: it may be moved or aborted at any time.
template <typename Section>
bool commits(Section section) {
  abi::Area* area = rseq::area::current();
  for (int i = 0; i < kTries; ++i)
    if (section(area, &area->cpu_id, abi::load(&area->cpu_id)) == Outcome::kCommitted) return true;
  return false;
}

/// Whether it never commits, neither where this thread is nor on another stripe.
template <typename Section>
void refused(Section section, const char* what) {
  abi::Area* area = rseq::area::current();
  for (int i = 0; i < kTries; ++i)
    expect(section(area, &area->cpu_id, abi::load(&area->cpu_id)) != Outcome::kCommitted, what);
}

/// On a stripe that is not this thread's, though all else is right.
template <typename Section>
void only_here(Section section, const char* what) {
  refused(
      [&](abi::Area* area, const uint32_t* id, uint32_t stripe) { return section(area, id, stripe ^ 1024); },
      what);
}

void add() {
  int64_t integer = 40;
  double number = 40;
  const auto one = [&](abi::Area* area, const uint32_t* id, uint32_t stripe) {
    return sequences::add(area, id, stripe, &integer, INT64_C(2));
  };
  const auto half = [&](abi::Area* area, const uint32_t* id, uint32_t stripe) {
    return sequences::add(area, id, stripe, &number, 0.5);
  };
  only_here(one, "an integer was added elsewhere");
  only_here(half, "a number was added elsewhere");
  expect(integer == 40 && number == 40, "changed from elsewhere", integer, 40);
  expect(commits(one) && integer == 42, "add_i64", integer, 42);
  expect(commits(half) && number == 40.5, "add_f64");
}

void compare() {
  uint64_t cell = 1;
  uint64_t other = 7;
  uint64_t expected = 1;
  const auto store = [&](abi::Area* area, const uint32_t* id, uint32_t stripe) {
    return sequences::compare_store(area, id, stripe, &cell, expected, UINT64_C(2));
  };
  const auto store_store = [&](abi::Area* area, const uint32_t* id, uint32_t stripe) {
    return sequences::compare_store_store(area, id, stripe, &cell, expected, &other, UINT64_C(8),
                                          UINT64_C(3));
  };
  // The one that commits is the last: it is what stays where both are the same.
  const auto same = [&](abi::Area* area, const uint32_t* id, uint32_t stripe) {
    return sequences::compare_store_store(area, id, stripe, &cell, expected, &cell, UINT64_C(9), UINT64_C(4));
  };
  only_here(store, "stored elsewhere");
  only_here(store_store, "stored twice elsewhere");
  for (const uint64_t wrong : {UINT64_C(0), UINT64_C(2), UINT64_C(1) << 32 | 1}) {
    expected = wrong;
    refused(store, "stored over what was not expected");
    refused(store_store, "stored twice over what was not expected");
  }
  expect(cell == 1 && other == 7, "changed though refused", static_cast<int64_t>(cell), 1);
  expected = 1;
  expect(commits(store) && cell == 2, "compare_store", static_cast<int64_t>(cell), 2);
  expected = 2;
  expect(commits(store_store) && cell == 3 && other == 8, "compare_store_store", static_cast<int64_t>(cell),
         3);
  expected = 3;
  expect(commits(same) && cell == 4, "the commit is the last store", static_cast<int64_t>(cell), 4);
}

void append() {
  uint64_t head = 5;
  uint64_t expected = 4;
  const uint64_t from[] = {11, 12, 13, 14};
  uint64_t to[] = {0, 0, 0, 0};
  uint64_t words = 3;
  const auto section = [&](abi::Area* area, const uint32_t* id, uint32_t stripe) {
    return sequences::append(area, id, stripe, &head, expected, to, from, words);
  };
  refused(section, "appended to what was not expected");
  expected = 5;
  only_here(section, "appended elsewhere");
  expect(head == 5 && to[0] == 0, "changed though refused", static_cast<int64_t>(head), 5);
  expect(commits(section) && head == 6, "append", static_cast<int64_t>(head), 6);
  expect(memcmp(to, from, 3 * sizeof *to) == 0 && to[3] == 0, "what was appended");
  expected = 6;
  words = 1;
  to[0] = to[1] = 0;
  expect(commits(section) && head == 7 && to[0] == 11 && to[1] == 0, "one word");
}

/// Somebody who writes would have to run on another CPU meanwhile: the abort check's tests have that.
void watch() {
  uint32_t word = 3;
  uint32_t left = 77;
  const auto section = [&](abi::Area* area, const uint32_t* id, uint32_t stripe) {
    return sequences::watch(area, id, stripe, &word, &left);
  };
  only_here(section, "watched elsewhere");
  expect(commits(section) && left == 0, "nobody wrote", left, 0);
}

/// The kernel is told of the section before it begins, and forgets it when the thread is next switched.
void arm() {
  int64_t cell = 0;
  const auto one = [&](abi::Area* area, const uint32_t* id, uint32_t stripe) {
    __atomic_store_n(&area->rseq_cs, 0, __ATOMIC_RELAXED);
    return sequences::add(area, id, stripe, &cell, INT64_C(1));
  };
  bool armed = false;
  for (int i = 0; i < kTries && !armed; ++i)
    armed = commits(one) && __atomic_load_n(&rseq::area::current()->rseq_cs, __ATOMIC_RELAXED) != 0;
  expect(armed, "the kernel is told");
}

}  // namespace

void enter_sections() {
  if (!has_sections()) return;
  add();
  compare();
  append();
  watch();
  arm();
  operations += 9 * kTries;
}

}  // namespace structures
