/// What this process has open of one kind, by small numbers: hot operations take such a number as their id.
/// Checked when they are put here, then constant, in memory of this process alone.
#pragma once

#include "region/table.h"

namespace rseq::region {

/// @tparam One  all zero where there is none
template <typename One, uint32_t kMost>
class Numbered {
 public:
  /// A copy: a forged number can be that of one that is just given back.
  /// @param number  any
  One at(uint32_t number) const {
    const auto* from = reinterpret_cast<const uint64_t*>(place(number));
    // Word by word: each is whole, and stays in a register.
    Words words;
    for (size_t i = 0; i < kWords; ++i) words.of[i] = __atomic_load_n(from + i, __ATOMIC_RELAXED);
    return __builtin_bit_cast(One, words);
  }

  /// Where it stands, for what is too long to be copied each time: to be read by whole words, which need not
  /// be of one and the same.
  const One* place(uint32_t number) const {
    const One* at = &all_[number < kMost ? number : kMost];
    __asm__("" : "+r"(at));  // one register: the compiler would form each word's address from the array's
    return at;
  }

  /// @return its number, the lowest that is free, or kTooMany
  int32_t put(const One& one) {
    const Guard guard(lock_);
    while (hint_ < kMost && taken_[hint_]) ++hint_;
    if (hint_ == kMost) return kTooMany;
    const uint32_t number = hint_;
    taken_[number] = true;
    store(number, one);
    return static_cast<int32_t>(number);
  }

  void give_back(uint32_t number) {
    const Guard guard(lock_);
    store(number, {});
    taken_[number] = false;
    if (number < hint_) hint_ = number;
  }

 private:
  static constexpr size_t kWords = sizeof(One) / sizeof(uint64_t);
  static_assert(sizeof(One) == kWords * sizeof(uint64_t) && alignof(One) == alignof(uint64_t));
  struct Words {
    uint64_t of[kWords];
  };

  /// Release: what a word points to is there when the word is.
  void store(uint32_t number, const One& one) {
    auto* to = reinterpret_cast<uint64_t*>(&all_[number]);
    const auto words = __builtin_bit_cast(Words, one);
    for (size_t i = 0; i < kWords; ++i) __atomic_store_n(to + i, words.of[i], __ATOMIC_RELEASE);
  }

  One all_[kMost + 1];  // the last is never put
  bool taken_[kMost];
  uint32_t hint_;         // no number below is free
  pthread_mutex_t lock_;  // all zero is an open one
};

}  // namespace rseq::region
