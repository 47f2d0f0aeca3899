/// Memory for areas of our own. Never unmapped: the kernel writes to a registered area at every return to
/// user space, until the thread has ended. Not static TLS: a dlopen'd object gets little of that (glibc)
/// or none (musl).
#pragma once

#include <stdint.h>

#include "kernel/abi.h"

namespace rseq::area_pool {

/// @return an area with room and alignment for what this kernel asks for; null without memory
abi::Area* take();

/// Zeroes an unregistered area and sets cpu_id to "unregistered": a stale rseq_cs at registration kills on
/// older kernels, and cpu_id tells afterwards whether the kernel really writes to it.
void clear(abi::Area* area);

/// Gives an area back. Only after the kernel has agreed to unregister it.
void give_back(abi::Area* area);

struct Count {
  uint32_t allocated;  ///< areas ever made
  uint32_t in_use;     ///< taken and not given back
};
Count count();

}  // namespace rseq::area_pool
