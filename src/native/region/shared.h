/// Memory that other threads and processes may write to meanwhile, taken as it is, in no order: by words
/// where that can be, each of them whole. What was copied is to be checked, and where it must belong
/// together, by a generation.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace rseq::region {

/// Calls access(at, a number as wide as the access) for each access that shared memory takes.
template <typename Access>
inline void each_access(const void* shared, size_t bytes, const Access& access) {
  constexpr size_t kWord = sizeof(uint64_t);
  for (size_t at = 0; at < bytes;) {
    const bool is_word = bytes - at >= kWord && (reinterpret_cast<uintptr_t>(shared) + at) % kWord == 0;
    is_word ? access(at, uint64_t{}) : access(at, uint8_t{});
    at += is_word ? kWord : 1;
  }
}

/// @param from  shared
inline void load_shared(void* to, const void* from, size_t bytes) {
  each_access(from, bytes, [=]<typename T>(size_t at, T value) {
    value =
        __atomic_load_n(reinterpret_cast<const T*>(static_cast<const char*>(from) + at), __ATOMIC_RELAXED);
    memcpy(static_cast<char*>(to) + at, &value, sizeof value);
  });
}

/// @param to  shared, and only this thread writes there
inline void store_shared(void* to, const void* from, size_t bytes) {
  each_access(to, bytes, [=]<typename T>(size_t at, T value) {
    memcpy(&value, static_cast<const char*>(from) + at, sizeof value);
    __atomic_store_n(reinterpret_cast<T*>(static_cast<char*>(to) + at), value, __ATOMIC_RELAXED);
  });
}

/// One number, read once, whatever others write meanwhile.
template <typename T>
inline T load_one(const T* from) {
  T value;
  __atomic_load(from, &value, __ATOMIC_RELAXED);
  return value;
}

/// A number that others look at without the lock which this thread has.
inline void store_shared(uint32_t* to, uint32_t number) { __atomic_store_n(to, number, __ATOMIC_RELAXED); }

}  // namespace rseq::region
