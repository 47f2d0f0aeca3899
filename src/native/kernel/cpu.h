/// CPU numbers without rseq, and how many CPUs there can be.
#pragma once

#include <stdint.h>

namespace rseq::cpu {

/// What a CPU number was read from. kSyscall and kVdso name the two things libc's sched_getcpu() does
/// where it does not use rseq.
enum class Source : uint8_t { kNone, kRseq, kVdso, kSyscall };

struct Location {
  uint32_t cpu;
  uint32_t node;
};

/// The raw getcpu system call; never the vDSO.
/// @return 0, or a positive errno (ENOSYS, or whatever a seccomp filter chose)
/// Source: getcpu(2).
int getcpu(Location* out);

/// libc's sched_getcpu(): its rseq area, the vDSO or the system call, as libc decides.
/// @return the CPU number, or −1 where all of that failed
/// Source: sched_getcpu(3).
int sched_getcpu();

/// What sched_getcpu() uses where it does not use rseq: the vDSO on x86-64 when the kernel maps one
/// (aarch64 has no vDSO getcpu), else the system call, else nothing.
Source fallback_source();

/// Highest possible CPU number + 1: the bound of every CPU number, online or not, for the machine's
/// life. Ids can be sparse. Read once, from /sys/devices/system/cpu/possible or, without it, from the
/// size of the kernel's affinity masks (which rounds up).
uint32_t possible();

/// CPUs online now; 0 where it cannot be told.
uint32_t online();

/// CPUs that this thread may run on now, sched_getaffinity(2); 0 where it cannot be told.
uint32_t allowed();

/// Keeps the calling thread, and the threads that it starts, on one CPU.
/// @return 0, or a positive errno: EINVAL for a CPU that there is not, or that the thread is not given
/// Source: sched_setaffinity(2).
int stay_on(uint32_t cpu);

}  // namespace rseq::cpu
