#include "kernel/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <compare>

namespace rseq::kernel {
namespace {

/// getauxval sets errno for an entry that is missing, which the caller of an addon should not see.
uint32_t aux(unsigned long entry) {
  const int saved = errno;
  const unsigned long value = getauxval(entry);
  errno = saved;
  return static_cast<uint32_t>(value);
}

struct Version {
  int major = 0;
  int minor = 0;

  friend constexpr auto operator<=>(const Version&, const Version&) = default;
};

Version version() {
  struct utsname name;
  Version v;
  if (uname(&name) != 0) return v;
  const char* c = name.release;
  while (*c >= '0' && *c <= '9') v.major = v.major * 10 + (*c++ - '0');
  if (*c == '.') ++c;
  while (*c >= '0' && *c <= '9') v.minor = v.minor * 10 + (*c++ - '0');
  return v;
}

[[maybe_unused]] bool wants_probe() {
  const char* value = getenv("RSEQ_PROBE");
  return value != nullptr && strcmp(value, "1") == 0;
}

Suspicion suspect(Version v) {
#if defined(RSEQ_TRUST_SECTIONS)  // a test's build: what happens without the abort check
  const bool sections = false;
#elif defined(__aarch64__)
  const bool sections = (!(v < Version{6, 19}) && v < Version{7, 1}) || wants_probe();
#else
  const bool sections = wants_probe();
#endif
  return {.is_known = true, .reads = v < Version{5, 8}, .sections = sections};
}

}  // namespace

uint32_t feature_size() { return aux(abi::kAuxFeatureSize); }

uint32_t align() { return aux(abi::kAuxAlign); }

bool has_membarrier() {
  const long commands = syscall(abi::kSysMembarrier, abi::kMembarrierQuery, 0, 0);
  return commands > 0 && (commands & abi::kMembarrierRseq) != 0;
}

bool has_slice_extension() {
  // Answers whether it is on for this thread; ENOTSUPP or EINVAL where there is none.
  return prctl(abi::kPrctlSlice, abi::kPrctlSliceGet, 0UL, 0UL, 0UL) >= 0;
}

int rseq(abi::Area* area, uint32_t length, int flags) {
  return syscall(abi::kSysRseq, area, length, flags, abi::kSignature) == 0 ? 0 : errno;
}

int probe() { return syscall(abi::kSysRseq, nullptr, 0, 0, 0) == 0 ? 0 : errno; }

Suspicion suspicion() {
  // Asked once: the environment can be changed by the main thread while another one reads it. Racing threads
  // store the same value.
  static constinit Suspicion known = {};
  Suspicion found;
  __atomic_load(&known, &found, __ATOMIC_RELAXED);
  if (!found.is_known) {
    found = suspect(version());
    __atomic_store(&known, &found, __ATOMIC_RELAXED);
  }
  return found;
}

}  // namespace rseq::kernel
