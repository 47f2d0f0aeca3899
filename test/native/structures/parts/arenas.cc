/// Ranges of the arena: where they are, what is mapped there, and that one given back is nobody's.
#include "region/arena.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <set>

#include "harness.h"

namespace structures {
namespace {

namespace arena = rseq::arena;

constexpr uint32_t kCells = 8192;
constexpr uint32_t kHoles = 32;
constexpr uint64_t kBytes = uint64_t{kCells} * 8;

uint32_t all_stripes() { return arena::stripes.count + 2; }
uint32_t capacity() { return 1U << (arena::stripes.shift - 3); }

/// A file of so many stripes, behind one that stays empty.
class File {
 public:
  explicit File(uint32_t stripes) : fd(static_cast<int>(syscall(SYS_memfd_create, "structures", 1U))) {
    expect(fd >= 0 && ftruncate(fd, static_cast<off_t>((stripes + 1) * kBytes)) == 0, "a file");
  }
  ~File() { ::close(fd); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int64_t at(uint64_t offset) const {
    int64_t found = -1;
    expect(pread(fd, &found, sizeof found, static_cast<off_t>(offset)) == sizeof found, "read");
    return found;
  }

  const int fd;
};

int64_t& cell(uint32_t stripe, uint32_t number) { return *arena::stripes.cell<int64_t>(stripe, number); }

int64_t mark(uint32_t stripe, uint32_t i) { return int64_t{stripe} * kCells + i + 1; }

/// The first and the last cell of each stripe.
template <typename Work>
void each(uint32_t first, uint32_t cells, const Work& work) {
  for (uint32_t stripe = 0; stripe < all_stripes(); ++stripe) {
    for (const uint32_t i : {0U, cells - 1}) work(stripe, i, cell(stripe, first + i));
  }
}

void expect_empty(uint32_t first, const char* what) {
  each(first, kCells, [&](uint32_t stripe, uint32_t, int64_t& at) { expect(at == 0, what, at, stripe); });
}

/// Nothing is taken but by who asks, and only what is there.
void ask() {
  const uint32_t rest = capacity() - arena::stripes.limit;
  expect(arena::fits(rest) && !arena::fits(rest + 1), "what fits", rest);
  expect(arena::take(rest + 1) == -1, "more than there is");
  expect(arena::take(rest) == arena::stripes.limit && arena::fits(rest), "all that there is", rest);
  // What was never mapped is not kept as one that was given back.
  const uint32_t limit = arena::stripes.limit;
  arena::give_back(limit, kCells / 2);
  expect(arena::take(kCells / 2) == limit && arena::stripes.limit == limit, "a range that was never mapped");
}

/// Of this process alone, or of a file, from a place on and with some distance.
void map(bool file) {
  constexpr uint64_t kStep = kBytes;
  const File memory(all_stripes());
  const int64_t taken = arena::take(kCells);
  const auto first = static_cast<uint32_t>(taken);
  const uint32_t limit = arena::stripes.limit;
  expect(taken >= 0 && arena::map(first, kCells, file ? memory.fd : -1, kBytes, kStep), "mapped");
  const uint32_t expected = first + kCells > limit ? first + kCells : limit;
  expect(arena::stripes.limit == expected, "the limit", arena::stripes.limit, expected);
  expect_empty(first, "empty at first");
  each(first, kCells, [](uint32_t stripe, uint32_t i, int64_t& at) { at = mark(stripe, i); });
  each(first, kCells,
       [](uint32_t stripe, uint32_t i, int64_t& at) { expect(at == mark(stripe, i), "a cell"); });
  const auto in_file = [&](const char* what) {
    each(first, kCells, [&](uint32_t stripe, uint32_t i, int64_t&) {
      const int64_t found = memory.at(kBytes + stripe * kStep + i * 8);
      expect(found == (file ? mark(stripe, i) : 0), what, found, mark(stripe, i));
    });
  };
  in_file("a cell in the file");
  arena::give_back(first, kCells);
  expect(arena::stripes.limit == expected, "never down", arena::stripes.limit, expected);
  expect_empty(first, "given back");
  each(first, kCells, [](uint32_t, uint32_t, int64_t& at) { at = 77; });
  in_file("written to what was given back");
  expect(arena::fits(kCells) && arena::take(kCells) == first, "the same range again", first);
  arena::give_back(first, kCells);
}

struct Bound {
  Bound(int which, rlim_t bytes) : resource(which) {
    getrlimit(static_cast<__rlimit_resource_t>(resource), &before);
    const struct rlimit bounds = {.rlim_cur = bytes, .rlim_max = before.rlim_max};
    expect(setrlimit(static_cast<__rlimit_resource_t>(resource), &bounds) == 0, "a bound");
  }
  ~Bound() { setrlimit(static_cast<__rlimit_resource_t>(resource), &before); }
  Bound(const Bound&) = delete;
  Bound& operator=(const Bound&) = delete;

  int resource;
  struct rlimit before;
};

/// Where private memory is refused, what is given back becomes an empty file, the same pages in each stripe;
/// where files are, too, it stays what it was.
[[maybe_unused]] void give_back_without_memory(bool files, rlim_t file_bytes) {
  const File memory(all_stripes());
  const auto first = static_cast<uint32_t>(arena::take(kCells));
  expect(arena::map(first, kCells, memory.fd, 0, kBytes), "mapped");
  each(first, kCells, [](uint32_t stripe, uint32_t i, int64_t& at) { at = mark(stripe, i); });
  bool refused;
  const int file = next_file();
  {
    const Bound data(RLIMIT_DATA, 4096);  // 0 would stand for the highest
    const Bound size(RLIMIT_FSIZE, file_bytes);
    constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void* some = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, kFlags, -1, 0);
    refused = some == MAP_FAILED;
    if (!refused) munmap(some, kBytes);
    arena::give_back(first, kCells);
  }
  expect(next_file() == file, "a file that is left open");
  // valgrind refuses nobody's memory.
  if (refused && !files) {
    each(first, kCells,
         [](uint32_t stripe, uint32_t i, int64_t& at) { expect(at == mark(stripe, i), "stays"); });
    expect(arena::take(kCells) == first && arena::map(first, kCells, -1, 0, 0), "the same range again");
    arena::give_back(first, kCells);
  }
  expect_empty(first, "given back without memory");
  cell(0, first + 5) = 77;
  for (uint32_t stripe = 1; stripe < all_stripes(); ++stripe) {
    const int64_t expected = refused && files ? 77 : 0;
    expect(cell(stripe, first + 5) == expected, "the same pages", cell(stripe, first + 5), expected);
  }
  expect(memory.at(5 * 8) == 0, "the file that was given back", memory.at(5 * 8));
}

/// So many ranges that were given back are kept, by their size.
void keep_holes() {
  std::vector<uint32_t> firsts;
  const auto take = [&](uint32_t cells) {
    const int64_t first = arena::take(cells);
    expect(first >= 0 && arena::map(static_cast<uint32_t>(first), cells, -1, 0, 0), "a range", first);
    return static_cast<uint32_t>(first);
  };
  for (uint32_t i = 0; i < kHoles; ++i) firsts.push_back(take(kCells));
  const std::set<uint32_t> different(firsts.begin(), firsts.end());
  expect(different.size() == kHoles, "each another range", static_cast<int64_t>(different.size()), kHoles);
  for (const uint32_t first : firsts)
    each(first, kCells, [&](uint32_t, uint32_t, int64_t& at) { at = first + 1; });
  for (uint32_t i = 0; i < kHoles; ++i) {
    arena::give_back(firsts[i], kCells);
    for (uint32_t k = i + 1; k < kHoles; ++k)
      each(firsts[k], kCells,
           [&](uint32_t, uint32_t, int64_t& at) { expect(at == firsts[k] + 1, "one beside", at); });
  }
  const uint32_t limit = arena::stripes.limit;
  const uint32_t other = take(2 * kCells);
  expect(other >= limit || arena::stripes.limit == limit, "a range of another size", other, limit);
  arena::give_back(other, 2 * kCells);
  // Again and again the same one.
  const uint32_t then = arena::stripes.limit;
  for (uint32_t i = 0; i < 2 * kHoles; ++i) arena::give_back(take(kCells), kCells);
  expect(arena::stripes.limit == then, "taken again", arena::stripes.limit, then);
}

void size_regions() {
  const uint32_t quarter = capacity() / 4;
  const uint32_t expected = quarter < 1U << 22 ? quarter : 1U << 22;
  expect(arena::default_cells(true) == expected, "of a file", arena::default_cells(true), expected);
  if (arena::limit() == arena::Limit::kOvercommit) return;
  expect(arena::default_cells(false) == expected, "of this process", arena::default_cells(false), expected);
  expect((arena::limit() == arena::Limit::kNone) == (arena::stripes.shift == 28), "why there is less");
}

void use_ranges() {
  expect(arena::ready() && arena::stripes.base != nullptr, "an arena");
  ask();
  for (const bool file : {false, true}) map(file);
#ifndef __SANITIZE_THREAD__  // which needs memory of its own for what is mapped
  give_back_without_memory(true, RLIM_INFINITY);
  give_back_without_memory(true, kBytes);
  give_back_without_memory(false, kBytes - 1);
#endif
  keep_holes();
  size_regions();
}

}  // namespace

void map_ranges() {
  // What is given back here would keep others' from being taken again.
  in_process(use_ranges);
  operations += 100;
}

}  // namespace structures
