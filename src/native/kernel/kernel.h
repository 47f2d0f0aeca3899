/// What the running kernel says of its rseq support, and the rseq system call itself.
#pragma once

#include <stdint.h>

#include "kernel/abi.h"

namespace rseq::kernel {

/// AT_RSEQ_FEATURE_SIZE: live bytes of an area; 0 where the kernel does not say (before 6.3).
uint32_t feature_size();
/// AT_RSEQ_ALIGN: alignment of an area; 0 where the kernel does not say (before 6.3).
uint32_t align();

/// The membarrier command that aborts running sections is there (Linux 5.10).
bool has_membarrier();
/// The time-slice extension is there and this process can use it (Linux 7.0, x86-64, by configuration).
bool has_slice_extension();

/// Registers `area` for the calling thread, or with abi::kUnregisterFlag unregisters it.
/// @return 0, or a positive errno. EBUSY: this very registration exists. EINVAL: another one does, or the
///         length is not one that the kernel takes. EPERM: this one exists with another signature, or a
///         seccomp filter. ENOSYS: no rseq.
/// Source: kernel/rseq.c, rseq(2).
int rseq(abi::Area* area, uint32_t length, int flags);

/// Whether rseq could be called, without any effect: a request that is always wrong.
/// @return EINVAL where it could; else ENOSYS, or the errno of a seccomp filter
int probe();

/// Versions whose areas or sections are known not to keep their word, read from uname(2). Distributions
/// backport both faults and fixes, so a version only tells where to be careful.
struct alignas(uint32_t) Suspicion {
  bool is_known;
  bool reads;     ///< before 5.8: cpu_id of a new task could be stale
  bool sections;  ///< aarch64, 6.19 to before 7.1: sections may not be aborted. Or RSEQ_PROBE=1 says to look.
};
Suspicion suspicion();

}  // namespace rseq::kernel
