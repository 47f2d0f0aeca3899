#include "region/fault.h"

#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "region/arena.h"
#include "region/extents.h"
#include "region/region.h"
#include "region/room.h"
#include "region/sigbus.h"

namespace rseq::region::fault {
namespace {

/// Replaced pages that are remembered. Others stay replaced.
constexpr uint32_t kMostPages = 256;

struct Watched {
  uint32_t active;
  uint32_t lost;
  uint32_t replaced;  ///< pages that are remembered
  uint32_t healing;   ///< a thread is at it
  Range range;
  char* pages[kMostPages];  ///< null: free
};

/// All zero: anything else would make a constructor of it, and pages that no region needs.
constinit Watched watched[kMaxRegions] = {};

uintptr_t page_bytes() { return getauxval(AT_PAGESZ); }

/// @return the place in the file, or −1 where the address is not the region's
int64_t offset_in(const Range& range, const char* address) {
  if (address >= range.control && address < range.control + range.control_bytes)
    return address - range.control;
  const arena::Stripes& all = arena::stripes;
  const uint64_t bytes = uint64_t{all.count + 2} << all.shift;
  if (address < all.base || address >= all.base + bytes) return -1;
  const auto at = static_cast<uint64_t>(address - all.base);
  const uint64_t begin = uint64_t{range.first} * sizeof(int64_t);
  const uint64_t within = at & ((UINT64_C(1) << all.shift) - 1);
  if (within < begin || within - begin >= uint64_t{range.cells} * sizeof(int64_t)) return -1;
  return static_cast<int64_t>(range.stripes + (at >> all.shift) * range.stripe_bytes + within - begin);
}

/// What cannot be asked counts as cut short.
bool is_cut(const Range& range) {
  struct stat status = {};
  return syscall(SYS_fstat, range.fd, &status) != 0 || static_cast<uint64_t>(status.st_size) < range.bytes;
}

void remember(Watched& one, char* page) {
  for (char*& slot : one.pages) {
    char* free_one = nullptr;
    if (!__atomic_compare_exchange_n(&slot, &free_one, page, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
      continue;
    __atomic_fetch_add(&one.replaced, 1, __ATOMIC_RELEASE);
    return;
  }
}

/// @return whether the access can be made again
bool replace(const char* address) {
  for (Watched& one : watched) {
    if (__atomic_load_n(&one.active, __ATOMIC_ACQUIRE) == 0 || offset_in(one.range, address) < 0) continue;
    const uintptr_t page = page_bytes();
    auto* where = reinterpret_cast<char*>(reinterpret_cast<uintptr_t>(address) & ~(page - 1));
    const bool is_lost = is_cut(one.range);
    if (is_lost) __atomic_store_n(&one.lost, 1, __ATOMIC_RELAXED);
    constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    if (mmap(where, page, PROT_READ | PROT_WRITE, kFlags, -1, 0) == MAP_FAILED) return false;
    if (is_lost) return true;
    remember(one, where);
    if (one.range.losses != nullptr) __atomic_fetch_add(one.range.losses, 1, __ATOMIC_RELAXED);
    return true;
  }
  return false;
}

/// @return whether the file's page is there again
bool put_back(const Range& range, char* page) {
  const uintptr_t bytes = page_bytes();
  const auto at = static_cast<uint64_t>(offset_in(range, page));
  const bool is_read_only = range.losses == nullptr;
  const bool is_there = is_read_only ? holes::is_data(range.fd, at) : allocate(range.fd, at, bytes) == 0;
  if (!is_there) return false;
  const int protection = is_read_only ? PROT_READ : PROT_READ | PROT_WRITE;
  if (mmap(page, bytes, protection, MAP_SHARED | MAP_FIXED, range.fd, static_cast<off_t>(at)) == MAP_FAILED)
    return false;
  madvise(page, bytes, MADV_NOHUGEPAGE);
  return true;
}

}  // namespace

void watch(uint32_t region, const Range& range) {
  Watched& one = watched[region];
  one.lost = one.replaced = 0;
  for (char*& page : one.pages) page = nullptr;
  one.range = range;
  __atomic_store_n(&one.active, 1, __ATOMIC_RELEASE);
  sigbus::stand_first(replace);
}

void forget(uint32_t region) { __atomic_store_n(&watched[region].active, 0, __ATOMIC_RELEASE); }

bool is_lost(uint32_t region) { return __atomic_load_n(&watched[region].lost, __ATOMIC_RELAXED) != 0; }

void heal(uint32_t region) {
  Watched& one = watched[region];
  if (__atomic_load_n(&one.active, __ATOMIC_ACQUIRE) == 0) return;
  sigbus::stand_first(replace);
  if (__atomic_load_n(&one.replaced, __ATOMIC_ACQUIRE) == 0 || is_lost(region)) return;
  if (__atomic_exchange_n(&one.healing, 1, __ATOMIC_ACQUIRE) != 0) return;
  for (char*& slot : one.pages) {
    char* page = __atomic_load_n(&slot, __ATOMIC_ACQUIRE);
    if (page == nullptr) continue;
    // Before the page can be touched again, which may put it down once more.
    __atomic_store_n(&slot, nullptr, __ATOMIC_RELEASE);
    __atomic_fetch_sub(&one.replaced, 1, __ATOMIC_RELEASE);
    if (is_cut(one.range) || !put_back(one.range, page)) remember(one, page);
  }
  __atomic_store_n(&one.healing, 0, __ATOMIC_RELEASE);
}

}  // namespace rseq::region::fault
