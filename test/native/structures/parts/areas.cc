/// Areas: the memory of our own ones, and libc's where one of them turns out to lie.
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>
#include <vector>

#include "harness.h"
#include "kernel/kernel.h"
#include "objects/counter.h"
#include "thread/area.h"
#include "thread/area_pool.h"

namespace structures {
namespace {

namespace abi = rseq::abi;
namespace area = rseq::area;
namespace area_pool = rseq::area_pool;
namespace counter = rseq::counter;

/// Of each thread: more than one chunk of them all.
constexpr size_t kMany = 200;

/// What was there before is cleared.
void take(std::vector<abi::Area*>& taken) {
  abi::Area* one = area_pool::take();
  expect(one != nullptr, "an area");
  if (one == nullptr) return;
  memset(one, 0xff, sizeof *one);
  area_pool::clear(one);
  expect(one->cpu_id == abi::kUnregistered && one->rseq_cs == 0 && one->mm_cid == 0, "an area's ids");
  const auto address = reinterpret_cast<uintptr_t>(one);
  const uint64_t align = rseq::kernel::align();
  expect(address % 128 == 0 && (align == 0 || address % align == 0), "where it is");
  taken.push_back(one);
}

/// All apart from each other, where the kernel takes them, and used again before others are made.
void take_many() {
  const area_pool::Count before = area_pool::count();
  constexpr uint32_t kThreads = 4;
  std::vector<abi::Area*> taken[kThreads];
  std::vector<std::thread> threads;
  for (std::vector<abi::Area*>& own : taken)
    threads.emplace_back([&own] {
      for (size_t i = 0; i < kMany; ++i) take(own);
    });
  for (std::thread& thread : threads) thread.join();
  std::set<abi::Area*> all;
  for (const std::vector<abi::Area*>& own : taken) all.insert(own.begin(), own.end());
  expect(all.size() == kThreads * kMany, "one each", static_cast<int64_t>(all.size()), kThreads * kMany);
  const area_pool::Count now = area_pool::count();
  expect(now.in_use == before.in_use + all.size(), "in use", now.in_use);
  expect(now.allocated >= all.size() && now.allocated <= before.allocated + all.size(), "allocated");
  threads.clear();
  for (const std::vector<abi::Area*>& own : taken)
    threads.emplace_back([&own] {
      for (abi::Area* one : own) area_pool::give_back(one);
    });
  for (std::thread& thread : threads) thread.join();
  abi::Area* again[] = {area_pool::take(), area_pool::take()};
  expect(again[0] != again[1] && all.count(again[0]) + all.count(again[1]) == 2, "two of those given back");
  for (abi::Area* one : again) area_pool::give_back(one);
  const area_pool::Count after = area_pool::count();
  expect(after.in_use == before.in_use && after.allocated == now.allocated, "given back");
}

/// A thread with an area of our own: the same memory, registered and not, until its last instance ends.
void come_and_go() {
  const uint32_t in_use = area_pool::count().in_use;
  area::attach();
  const area::View view = area::view();
  expect(view.area != nullptr && view.size >= abi::kSizeBase, "what its ids appear in", view.size);
  if (view.area == nullptr) return;
  const auto is_registered = [&] { return static_cast<int32_t>(abi::load(&view.area->cpu_id)) >= 0; };
  expect(!is_registered() && area::view().area == view.area, "not registered by a look");
  for (int i = 0; i < 2; ++i) {
    expect_settled(area::Reason::kOk, 0, "registered");
    expect(is_registered() && area::current() == view.area, "its area");
    expect(area::settle().size == view.size, "its size", area::settle().size, view.size);
    area::unregister_thread();
    expect_settled(area::Reason::kUnregistered, 0, "unregistered");
    expect(!is_registered() && area::settle().error == 0, "nobody's");
    area::unregister_thread();
    expect_settled(area::Reason::kUnregistered, 0, "unregistered twice");
    area::register_thread();
  }
  area::attach();
  expect(!area::release(), "another instance is there");
  expect_settled(area::Reason::kOk, 0, "still registered");
  expect(area::release(), "the last one");
  expect(area_pool::count().in_use == in_use, "its memory", area_pool::count().in_use, in_use);
  expect_settled(area::Reason::kThreadEnding, 0, "ended");
  area::register_thread();
  expect_settled(area::Reason::kThreadEnding, 0, "ended for good");
  area::attach();
  expect_settled(area::Reason::kOk, 0, "an instance that comes later");
  expect(area::release() && area_pool::count().in_use == in_use, "ended again");
  area::attach();
  area::view();
  expect(area::release() && area_pool::count().in_use == in_use, "ended before its first use");
}

/// Where libc has the areas, they are there before and after.
void come_and_stay() {
  area::attach();
  const area::View view = area::view();
  expect_settled(area::Reason::kOk, 0, "libc's");
  expect(view.area == area::current() && area::settle().area == view.area, "libc's area");
  area::unregister_thread();
  expect_settled(area::Reason::kOk, 0, "not ours to unregister");
  expect(area::release(), "the last one");
  expect_settled(area::Reason::kOk, 0, "libc's after its end");
}

/// A thread that was settled before its first instance stays so.
void come_early() {
  const abi::Area* before = area::settle().area;
  area::attach();
  expect_settled(area::Reason::kOk, 0, "settled already");
  expect(area::settle().area == before, "its area");
  expect(area::release(), "the last one");
}

int64_t libc_offset() { return __atomic_load_n(&area::libc_offset, __ATOMIC_SEQ_CST); }

/// A thread whose area in libc says a CPU that there is none of, until the kernel writes it anew.
/// @return whether it was found out
bool lie(int64_t offset) {
  bool found_out = false;
  std::thread([&] {
    auto* own = reinterpret_cast<abi::Area*>(abi::thread_pointer() + offset);
    constexpr uint32_t kNoCpu = 100'000;
    __atomic_store_n(&own->cpu_id, kNoCpu, __ATOMIC_RELAXED);
    area::attach();
    const area::State& state = area::settle();
    found_out = state.reason == area::Reason::kUntrustedKernel;
    if (found_out) expect(state.error == 0 && state.area == nullptr && !state.sections, "without an area");
    area::release();
  }).join();
  return found_out;
}

/// Then no thread runs sections in libc's areas any more: not those that did, and none that comes.
void distrust() {
  const int64_t offset = libc_offset();
  const Opened one = make(region::kProcess, region::Kind::kCounter, "");
  counter::add(one.held.id, INT64_C(1));
  const auto in_overflow = [&] {
    return *region::cell_of(one.region, one.held, region::stripes_of(one.region), 0);
  };
  expect(in_overflow() == 0, "added before", in_overflow());
  int tries = 0;
  while (!lie(offset) && ++tries < 1000) {
  }
  expect(libc_offset() == 0, "trusted still", libc_offset());
  counter::add(one.held.id, INT64_C(2));
  expect(in_overflow() == 2, "added after it", in_overflow(), 2);
  std::thread([&] {
    area::attach();
    expect(area::settle().reason == area::Reason::kOk && libc_offset() == 0, "a thread that comes later");
    counter::add(one.held.id, INT64_C(4));
    area::release();
  }).join();
  expect(in_overflow() == 6, "added by one that comes later", in_overflow(), 6);
}

}  // namespace

void use_areas() {
  take_many();
  const bool is_libcs = libc_offset() != 0;
  if (has_sections()) {
    std::thread(come_early).join();
    std::thread(is_libcs ? come_and_stay : come_and_go).join();
  }
  operations += kMany;
  if (!is_libcs) return;
  // It is for good: in a process of its own.
  const pid_t child = fork();
  if (child == 0) {
    const uint64_t before = violations;
    distrust();
    _exit(violations == before ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "areas that lie", status);
}

}  // namespace structures
