/// Memory that other threads and processes may write to meanwhile, taken as it is, in no order: by words
/// where that can be, each of them whole. What was copied is to be checked, and where it must belong
/// together, by a generation.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace rseq::region {

/// @return bytes of the next access, at a place of which so many are left
inline size_t shared_step(const void* at, size_t left) {
  constexpr size_t kWord = sizeof(uint64_t);
  return left >= kWord && reinterpret_cast<uintptr_t>(at) % kWord == 0 ? kWord : 1;
}

/// @param from  shared
inline void load_shared(void* to, const void* from, size_t bytes) {
  auto* out = static_cast<char*>(to);
  const auto* in = static_cast<const char*>(from);
  for (size_t at = 0; at < bytes;) {
    const size_t step = shared_step(in + at, bytes - at);
    if (step == 1) {
      out[at] = __atomic_load_n(in + at, __ATOMIC_RELAXED);
    } else {
      const uint64_t word = __atomic_load_n(reinterpret_cast<const uint64_t*>(in + at), __ATOMIC_RELAXED);
      memcpy(out + at, &word, sizeof word);
    }
    at += step;
  }
}

/// @param to  shared, and only this thread writes there
inline void store_shared(void* to, const void* from, size_t bytes) {
  auto* out = static_cast<char*>(to);
  const auto* in = static_cast<const char*>(from);
  for (size_t at = 0; at < bytes;) {
    const size_t step = shared_step(out + at, bytes - at);
    if (step == 1) {
      __atomic_store_n(out + at, in[at], __ATOMIC_RELAXED);
    } else {
      uint64_t word;
      memcpy(&word, in + at, sizeof word);
      __atomic_store_n(reinterpret_cast<uint64_t*>(out + at), word, __ATOMIC_RELAXED);
    }
    at += step;
  }
}

/// A number that others look at without the lock which this thread has.
inline void store_shared(uint32_t* to, uint32_t number) { __atomic_store_n(to, number, __ATOMIC_RELAXED); }

}  // namespace rseq::region
