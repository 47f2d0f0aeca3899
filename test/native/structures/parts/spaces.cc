/// The arena where address space is limited: as large as has room, and said to be less.
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness.h"
#include "region/arena.h"

namespace structures {
namespace {

namespace arena = rseq::arena;

constexpr uint32_t kLargest = 28, kSmallest = 17;
constexpr uint64_t kShare = 8;

/// Bytes of address space that this process has, without taking any to tell.
uint64_t taken() {
  char text[256] = {};
  const int fd = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  expect(fd >= 0 && read(fd, text, sizeof text - 1) > 0, "statm");
  ::close(fd);
  unsigned long pages = 0;
  for (const char* at = text; *at >= '0' && *at <= '9'; ++at)
    pages = pages * 10 + static_cast<unsigned long>(*at - '0');
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t bytes_of(uint32_t shift, uint32_t count) { return (uint64_t{count} + 2) << shift; }

/// As a process begins: without an arena. With so many bytes to have. @return its shift, or 0 without one
uint32_t reserve(uint64_t bytes) {
  struct rlimit before;
  getrlimit(RLIMIT_AS, &before);
  const struct rlimit bounds = {.rlim_cur = bytes, .rlim_max = before.rlim_max};
  const int file = next_file();
  setrlimit(RLIMIT_AS, &bounds);
  const bool ready = arena::ready();
  setrlimit(RLIMIT_AS, &before);
  expect(next_file() == file, "a file that is left open");
  expect(ready == (arena::stripes.base != nullptr), "whether there is one");
  return ready ? arena::stripes.shift : 0;
}

void give_up_arena() {
  munmap(arena::stripes.base, bytes_of(arena::stripes.shift, arena::stripes.count));
  arena::stripes = {};
}

void expect_limited(uint32_t shift, uint32_t expected, uint32_t count) {
  expect(shift == expected, "a stripe's size", shift, expected);
  expect(arena::stripes.count == count && arena::stripes.limit == 0, "an arena at first");
  const bool less = shift < kLargest;
  expect(arena::limit() == (less ? arena::Limit::kAddressSpace : arena::Limit::kNone) ||
             (!less && arena::limit() == arena::Limit::kOvercommit),
         "why there is less");
  const uint32_t quarter = 1U << (shift - 5);
  const uint32_t usual = quarter < 1U << 22 ? quarter : 1U << 22;
  const uint32_t cells = usual > 8192 ? usual : 8192;
  expect(arena::default_cells(true) == cells, "cells of a region", arena::default_cells(true), cells);
  int64_t* last = arena::stripes.cell<int64_t>(count + 1, (1U << (shift - 3)) - 8192);
  const auto first = static_cast<uint32_t>((1U << (shift - 3)) - 8192);
  expect(arena::map(first, 8192, -1, 0, 0), "the last cells");
  last[0] = last[8191] = 1;
}

}  // namespace

void limit_space() {
  const uint32_t count = arena::stripes.count;
  // What is there already is to be less than half of it.
  const uint64_t there = taken() - bytes_of(arena::stripes.shift, count);
  uint32_t shift = kSmallest + 1;
  while (shift < kLargest && bytes_of(shift, count) * kShare < 2 * there) ++shift;
  // Sanitizers take all address space that there is.
  if (shift == kLargest) return;
  const auto anew = [&](const std::function<void()>& work) {
    in_process([&] {
      give_up_arena();
      work();
    });
  };
  const uint64_t bound = bytes_of(shift, count) * kShare;
  anew([&] { expect_limited(reserve(RLIM_INFINITY), kLargest, count); });
  anew([&] { expect_limited(reserve(bound), shift, count); });
  anew([&] { expect_limited(reserve(bound - 1), shift - 1, count); });
  anew([&] { expect_limited(reserve(taken() + bytes_of(kSmallest, count)), kSmallest, count); });
  anew([&] { expect(reserve(taken() + bytes_of(kSmallest, count) - 1) == 0, "too little"); });
  // The share would allow for more than is left.
  anew([&] {
    const uint64_t left = bytes_of(shift - 1, count);
    const uint64_t more = bound - left - taken();
    expect(mmap(nullptr, more, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED,
           "address space");
    expect_limited(reserve(bound), shift - 1, count);
  });
  operations += 6;
}

}  // namespace structures
