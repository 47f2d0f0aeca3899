/// Whether the kernel's word can be taken: what an area says, and that sections are aborted.
#pragma once

#include <stdint.h>

#include "kernel/abi.h"

namespace rseq::trust {

enum class Reads : uint8_t {
  kTrue,
  kFalse,
  kNodeFalse,  ///< cpu_id is right, node_id is not
};

/// Holds what a registered area of the calling thread says against the getcpu system call. Where getcpu is
/// denied there is nothing to compare with: kTrue.
/// @param size  live bytes of the area
Reads reads(const abi::Area* area, uint32_t size);

enum class Sections : uint8_t {
  kTrusted,
  kAwaited,  ///< the kernel is suspect, and the abort check has not been answered
  kRefused,  ///< for the life of the process
};

/// Whether sections may run in this process. Without a suspicion kTrusted from the start.
Sections sections();

/// The abort check's answer, given once.
void answer(bool sections_are_aborted);

}  // namespace rseq::trust
