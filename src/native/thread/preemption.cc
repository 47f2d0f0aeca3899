#include "thread/preemption.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kernel/clock.h"
#include "sections/sequences.h"
#include "thread/area.h"

#if defined(RSEQ_MARKERS)
__asm__(RSEQ_MARKERS);
/// Two of them: at most one has an address whose low 32 bits are 0, which would read as a cleared word.
extern "C" [[gnu::visibility("hidden")]] const char rseq_markers[];
#endif

namespace rseq::preemption {
namespace {

constinit thread_local Record own = {};

/// More than the abort check takes.
constexpr int kPatienceMs = 200;

uint64_t marker() {
#if defined(RSEQ_MARKERS)
  const auto first = reinterpret_cast<uintptr_t>(&rseq_markers[0]);
  return static_cast<uint32_t>(first) != 0 ? first : first + abi::kDescriptorSize;
#else
  return 0;
#endif
}

}  // namespace

Record* record() {
  own.marker = marker();
  return &own;
}

bool armable() {
  const struct timespec pause = {.tv_sec = 0, .tv_nsec = 1'000'000};
  for (int i = 0; i < kPatienceMs && area::settle().awaited; ++i) nanosleep(&pause, nullptr);
  return marker() != 0 && area::settle().sections;
}

bool count_switches() {
  constexpr int kThread = 1;  // RUSAGE_THREAD, which needs _GNU_SOURCE in some libraries
  struct rusage usage = {};
  // A filter can say that it was done, and do nothing.
  usage.ru_nivcsw = -1;
  if (syscall(SYS_getrusage, kThread, &usage) != 0 || usage.ru_nivcsw < 0) return false;
  own.voluntary = static_cast<uint32_t>(usage.ru_nvcsw);
  own.involuntary = static_cast<uint32_t>(usage.ru_nivcsw);
  return true;
}

void read_clock() { own.time = static_cast<double>(clock::now()); }

}  // namespace rseq::preemption
