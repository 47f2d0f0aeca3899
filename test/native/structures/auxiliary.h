/// What the kernel tells a program of areas as it starts: the auxiliary vector, which getauxval(3) reads.
#pragma once

#include <elf.h>
#include <unistd.h>

#include "kernel/kernel.h"

namespace structures {

/// Makes this program's copy say something else, where the kernel has said anything. For a program that has
/// just begun.
inline void say(unsigned long feature_size, unsigned long align) {
  char** end = environ;
  while (*end != nullptr) ++end;
  for (auto* one = reinterpret_cast<Elf64_auxv_t*>(end + 1); one->a_type != AT_NULL; ++one) {
    if (one->a_type == rseq::abi::kAuxFeatureSize) one->a_un.a_val = feature_size;
    if (one->a_type == rseq::abi::kAuxAlign) one->a_un.a_val = align;
  }
}

inline bool is_said(uint32_t feature_size) { return rseq::kernel::feature_size() == feature_size; }

}  // namespace structures
