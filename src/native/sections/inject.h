/// Fault injection: a delay inside every critical section, between the last read and the commit, so that
/// preemption lands there often, and what it finds then would be overwritten. Empty in release builds; the
/// stress tests build with RSEQ_INJECT_LOOPS set to a number of loop turns (up to 65535, each about one
/// cycle).
#pragma once

#define RSEQ_STRINGIFY_(x) #x
#define RSEQ_STRINGIFY(x) RSEQ_STRINGIFY_(x)

#if !defined(RSEQ_INJECT_LOOPS)
#define RSEQ_INJECT ""
#else
// clang-format off: one instruction per line, aligned
#if defined(__x86_64__)
#define RSEQ_INJECT                                      \
  "movl $" RSEQ_STRINGIFY(RSEQ_INJECT_LOOPS) ", %%eax\n" \
  "5:\n\t"                                               \
  "subl $1, %%eax\n\t"                                   \
  "jnz 5b\n\t"
#elif defined(__aarch64__)
#define RSEQ_INJECT                                      \
  "mov w17, #" RSEQ_STRINGIFY(RSEQ_INJECT_LOOPS) "\n"    \
  "5:\n\t"                                               \
  "subs w17, w17, #1\n\t"                                \
  "b.ne 5b\n\t"
#endif
// clang-format on
#endif
