/// The clock of process.hrtime(): one for all threads, processes and CPUs.
#pragma once

#include <stdint.h>
#include <time.h>

namespace rseq::clock {

/// CLOCK_MONOTONIC in nanoseconds, by the vDSO. Not read before the loads that stand before it: the kernel
/// sees to that, for its clock is one that never steps back.
inline uint64_t now() {
  constexpr uint64_t kPerSecond = 1'000'000'000;
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * kPerSecond + static_cast<uint64_t>(time.tv_nsec);
}

/// The same, and loads that stand behind it come later.
inline uint64_t now_first() {
  const uint64_t time = now();
#if defined(__x86_64__)
  __asm__ volatile("lfence" ::: "memory");
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
  return time;
}

}  // namespace rseq::clock
