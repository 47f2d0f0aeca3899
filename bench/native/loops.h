/// What the benchmark compares with, as C does it: each a loop of its own that the compiler cannot shorten.
#pragma once

#include <stdint.h>

namespace bench {

struct Loop {
  const char* name;
  void (*run)(uint64_t iterations);
  /// Null where every machine of this architecture can run it.
  bool (*available)();
};

/// The last one has no name.
extern const Loop kLoops[];

/// What the loops need: memory, the vDSO's function, this thread's rseq area.
void prepare();

/// `threads` threads add atomically to one word, each `iterations` times.
/// @return nanoseconds from the first start to the last end, or negative without threads
int64_t time_shared(uint64_t iterations, uint32_t threads);

/// Keeps the calling thread on one CPU of those that it may run on, the `number`-th or, beyond the last, from
/// the first again: threads that are to run at once are not left to meet on one CPU.
void pin(uint32_t number);

/// CLOCK_MONOTONIC in nanoseconds.
int64_t now();

/// The twelve letters by which a hypervisor names itself (CPUID leaf 0x40000000), or an empty string.
/// @param out  13 bytes
void hypervisor(char* out);

}  // namespace bench
