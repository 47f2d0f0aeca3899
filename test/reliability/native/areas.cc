/// Areas: the memory of our own ones, and libc's where one of them turns out to lie.
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "area.h"
#include "area_pool.h"
#include "counter.h"
#include "harness.h"
#include "kernel.h"

namespace structures {
namespace {

namespace abi = rseq::abi;
namespace area = rseq::area;
namespace area_pool = rseq::area_pool;
namespace counter = rseq::counter;

/// More than one chunk of them.
constexpr size_t kMany = 700;

/// All apart from each other, where the kernel takes them, and used again before others are made.
void take_many() {
  const area_pool::Count before = area_pool::count();
  std::set<abi::Area*> taken;
  for (size_t i = 0; i < kMany; ++i) {
    abi::Area* one = area_pool::take();
    expect(one != nullptr, "an area");
    if (one == nullptr) return;
    area_pool::clear(one);
    expect(one->cpu_id == abi::kUnregistered && one->rseq_cs == 0 && one->mm_cid == 0, "an area's ids");
    const auto address = reinterpret_cast<uintptr_t>(one);
    // Kernels before 6.3 do not say, nor does valgrind.
    const uint32_t align = rseq::kernel::align();
    expect(address % 128 == 0 && (align == 0 || address % align == 0), "where it is");
    taken.insert(one);
  }
  expect(taken.size() == kMany, "one each", static_cast<int64_t>(taken.size()), kMany);
  const area_pool::Count now = area_pool::count();
  expect(now.in_use == before.in_use + kMany, "in use", static_cast<int64_t>(now.in_use));
  expect(now.allocated >= kMany && now.allocated <= before.allocated + kMany, "allocated");
  for (abi::Area* one : taken) area_pool::give_back(one);
  abi::Area* again = area_pool::take();
  expect(taken.count(again) == 1, "one of those given back");
  area_pool::give_back(again);
  const area_pool::Count after = area_pool::count();
  expect(after.in_use == before.in_use && after.allocated == now.allocated, "given back");
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
  if (libc_offset() == 0) return;
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
  operations += kMany;
}

}  // namespace structures
