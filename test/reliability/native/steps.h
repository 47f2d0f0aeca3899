/// Single steps of the calling thread, by the processor's trap flag: on x86-64 alone, as aarch64 has none
/// that a process could set.
#pragma once

#include <functional>

// ThreadSanitizer's own functions are not to be interrupted.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define STRUCTURES_STEPS 1
#else
#define STRUCTURES_STEPS 0
#endif

namespace structures {

/// Runs `work`, and after each of its instructions `then`, in a signal handler. One thread at a time.
void in_steps(const std::function<void()>& work, const std::function<void()>& then = nullptr);

/// The rest of `work` runs without being stepped. For `then` alone.
void run_on();

/// Whether the last step was a system call. For `then` alone.
bool was_call();

}  // namespace structures
