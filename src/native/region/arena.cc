#include "region/arena.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/cpu.h"
#include "region/format.h"

namespace rseq::arena {
namespace {

constexpr uint32_t kLargestShift = 28;   // 256 MiB a stripe: eight regions of the usual size
constexpr uint32_t kSmallestShift = 17;  // two pages
constexpr uint32_t kUsualCells = 1U << 22;
/// Where each private page counts against a bound when it is mapped.
constexpr uint32_t kStrictCells = 1U << 17;
/// Of a limited address space, at most one part in so many.
constexpr uint64_t kShare = 8;

/// A range given back, to be taken again.
struct Hole {
  uint32_t first;
  uint32_t cells;
};
constexpr uint32_t kHoles = 32;
Hole holes[kHoles];
Limit limited = Limit::kNone;

/// vm.overcommit_memory is 2. Source: proc_sys_vm(5).
bool is_overcommit_strict() {
  char text[2] = {};
  const int fd = open("/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool strict = read(fd, text, 1) == 1 && text[0] == '2';
  close(fd);
  return strict;
}

uint64_t bound_of(int resource) {
  struct rlimit64 bounds;
  const bool known = syscall(SYS_prlimit64, 0, resource, nullptr, &bounds) == 0;
  return known ? bounds.rlim_cur : ~UINT64_C(0);
}

char* stripe_at(uint32_t stripe, uint32_t first) { return stripes.cell<char>(stripe, 0) + size_t{first} * 8; }

uint32_t all_stripes() { return stripes.count + 2; }

uint32_t capacity() { return 1U << (stripes.shift - 3); }

/// Maps an empty file that is nobody's, the same pages in every stripe: it counts for nothing until it is
/// written to.
bool map_empty(uint32_t first, uint32_t cells) {
  constexpr unsigned kCloseOnExec = 1;  // memfd_create(2)
  const size_t bytes = size_t{cells} * 8;
  if (bytes > bound_of(RLIMIT_FSIZE)) return false;  // it would be a signal
  const auto fd = static_cast<int>(syscall(SYS_memfd_create, "rseq", kCloseOnExec));
  if (fd < 0) return false;
  const bool mapped = ftruncate(fd, static_cast<off_t>(bytes)) == 0 && map(first, cells, fd, 0, 0);
  close(fd);
  return mapped;
}

}  // namespace

constinit Stripes stripes = {};

bool ready() {
  if (stripes.base != nullptr) return true;
  const uint32_t count = cpu::possible();
  const uint64_t share = bound_of(RLIMIT_AS) / kShare;
  uint32_t shift = kLargestShift;
  while (shift > kSmallestShift && (uint64_t{count} + 2) << shift > share) --shift;
  for (; shift >= kSmallestShift; --shift) {
    // PROT_NONE: costs neither memory nor commitment.
    void* memory = mmap(nullptr, (size_t{count} + 2) << shift, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) continue;
    if (is_overcommit_strict()) limited = Limit::kOvercommit;
    if (shift < kLargestShift) limited = Limit::kAddressSpace;
    char* base = static_cast<char*>(memory);
    char* overflow = base + (size_t{count} << shift);
    stripes = {.base = base, .limit = 0, .count = count, .shift = shift, .overflow = overflow};
    return true;
  }
  return false;
}

uint32_t default_cells(bool shared) {
  uint32_t cells = capacity() / 4 < kUsualCells ? capacity() / 4 : kUsualCells;
  if (!shared && limited == Limit::kOvercommit && cells > kStrictCells) cells = kStrictCells;
  return cells < region::kCellsPerPage ? region::kCellsPerPage : cells;
}

Limit limit() { return limited; }

bool fits(uint32_t cells) {
  for (const Hole& hole : holes)
    if (hole.cells == cells) return true;
  return cells <= capacity() - stripes.limit;
}

int64_t take(uint32_t cells) {
  for (Hole& hole : holes) {
    if (hole.cells != cells) continue;
    hole.cells = 0;
    return hole.first;
  }
  if (cells > capacity() - stripes.limit) return -1;
  return stripes.limit;
}

bool map(uint32_t first, uint32_t cells, int fd, uint64_t at, uint64_t stripe_bytes) {
  const size_t bytes = size_t{cells} * 8;
  const int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED;
  for (uint32_t stripe = 0; stripe < all_stripes(); ++stripe) {
    const off_t offset = fd < 0 ? 0 : static_cast<off_t>(at + stripe * stripe_bytes);
    void* where = stripe_at(stripe, first);
    if (mmap(where, bytes, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, offset) == MAP_FAILED) return false;
    // A huge page would span cells that nobody uses, and lie where the first CPU touched it.
    madvise(where, bytes, MADV_NOHUGEPAGE);
  }
  // Whole ranges only, and never down: whoever finds a number below the limit may use it at once.
  if (first + cells > stripes.limit) __atomic_store_n(&stripes.limit, first + cells, __ATOMIC_RELEASE);
  return true;
}

void give_back(uint32_t first, uint32_t cells) {
  if (first >= stripes.limit) return;  // its mapping failed half way: the next region takes its place
  // It must be let go of, and private memory may be refused: with strict overcommit it counts before it is
  // used.
  const bool done = limited != Limit::kOvercommit && map(first, cells, -1, 0, 0);
  if (!done && !map_empty(first, cells)) map(first, cells, -1, 0, 0);
  for (Hole& hole : holes) {
    if (hole.cells != 0) continue;
    hole = {.first = first, .cells = cells};
    return;
  }
}

}  // namespace rseq::arena
