/// Single steps of the calling thread, by the processor's trap flag: on x86-64 alone, as aarch64 has none
/// that a process could set.
#pragma once

#include <functional>

#include "harness.h"

// ThreadSanitizer's own functions are not to be interrupted.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define STRUCTURES_STEPS 1
#else
#define STRUCTURES_STEPS 0
#endif

namespace structures {

/// Runs `work`, and after each of its instructions `then`, in a signal handler. One thread at a time.
void in_steps(const std::function<void()>& work, const std::function<void()>& then = nullptr);

/// Whether the last step was a system call. For `then` alone.
bool was_call();

/// The rest of `work` is not taken in steps: that is quicker. For `then` alone.
void end_steps();

/// A sanitizer's checks are several times as many instructions as what they check.
#ifdef __SANITIZE_ADDRESS__
inline constexpr uint32_t kInstructions = 8;
#else
inline constexpr uint32_t kInstructions = 1;
#endif

/// Which instructions: each; or each so many, of which every round has others, for a step takes long.
struct Stride {
  uint32_t length = 1;
  uint32_t seed = 0;  ///< a round's

  uint32_t all() const { return length * kInstructions; }
  uint32_t first() const { return 1 + seed / kSeedsPerRound % all(); }
};

/// Runs `work` again and again, each time after `prepare`, and with one `change` after its first instruction,
/// its second, and so on to the last.
template <typename Prepare, typename Work, typename Change>
void with_change_at_each(const char* what, Prepare prepare, Work work, Change change, Stride stride = {}) {
  constexpr uint32_t kMost = 20'000;
  uint32_t steps = 0;
  for (uint32_t at = stride.first(); at < kMost; at += stride.all()) {
    steps = 0;
    prepare();
    in_steps([&] { work(); },
             [&] {
               if (++steps < at) return;
               change();
               end_steps();
             });
    if (steps < at) break;
  }
  expect(steps > 5 && steps < kMost, what, steps);
  operations += steps;
}

}  // namespace structures
