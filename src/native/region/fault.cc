#include "fault.h"

#include <errno.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "arena.h"
#include "region.h"

namespace rseq::region::fault {
namespace {

struct Watched {
  uint32_t active;
  uint32_t lost;
  Range range;
};

Watched watched[kMaxRegions];
struct sigaction previous = {};
bool installed = false;

bool contains(const Range& range, const char* address) {
  if (address >= range.control && address < range.control + range.control_bytes) return true;
  const arena::Stripes& all = arena::stripes;
  const uint64_t bytes = uint64_t{all.count + 2} << all.shift;
  if (address < all.base || address >= all.base + bytes) return false;
  const uint64_t number = (static_cast<uint64_t>(address - all.base) & ((UINT64_C(1) << all.shift) - 1)) / 8;
  return number >= range.first && number < uint64_t{range.first} + range.cells;
}

/// @return whether the access can be made again
bool replace(const char* address) {
  for (Watched& one : watched) {
    if (__atomic_load_n(&one.active, __ATOMIC_ACQUIRE) == 0 || !contains(one.range, address)) continue;
    const uintptr_t page = getauxval(AT_PAGESZ);
    auto* where = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(address) & ~(page - 1));
    __atomic_store_n(&one.lost, 1, __ATOMIC_RELAXED);
    constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    return mmap(where, page, PROT_READ | PROT_WRITE, kFlags, -1, 0) != MAP_FAILED;
  }
  return false;
}

void handle(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  const bool ours = info->si_code > 0 && replace(static_cast<const char*>(info->si_addr));
  errno = error;
  if (ours) return;
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    sigaction(signal, &previous, nullptr);  // and the access is made again, for the default to happen
  }
}

}  // namespace

void watch(uint32_t region, const Range& range) {
  Watched& one = watched[region];
  one.lost = 0;
  one.range = range;
  __atomic_store_n(&one.active, 1, __ATOMIC_RELEASE);
  if (installed) return;
  installed = true;
  struct sigaction action = {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGBUS, &action, &previous);
}

void forget(uint32_t region) { __atomic_store_n(&watched[region].active, 0, __ATOMIC_RELEASE); }

bool is_lost(uint32_t region) { return __atomic_load_n(&watched[region].lost, __ATOMIC_RELAXED) != 0; }

}  // namespace rseq::region::fault
