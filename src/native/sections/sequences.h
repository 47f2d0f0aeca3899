/// The catalogue of critical sections. The pseudo-code here is the specification. x86_64.h and aarch64.h have
/// one implementation of each under the same name, in the same order, below what it does and librseq's name
/// for the same sequence: load, compare and branch if not equal (cbne), store; of a pointer's size (__ptr).
///
/// Every section follows one pattern (rseq(2); the kernel's Documentation/userspace-api/rseq.rst):
///
///     area->rseq_cs = &descriptor        // arm; from here a preemption, migration or signal aborts
///   start:
///     if (*id != stripe) goto moved      // the thread left the CPU (or mm_cid) since the caller looked
///     …                                  // plain loads and arithmetic, no call, no system call
///     one store                          // commit: the last instruction of the section
///   post_commit:
///
/// `id` points at the field of the thread's own area that chose the stripe: cpu_id or mm_cid. Both change
/// only across a context switch, so a section that was not aborted ran wholly under the id it compared.
/// That makes the plain read-modify-write of a cell of that stripe safe against every other thread that
/// runs these sections; nobody else may write the cell (overflow writers have a cell of their own).
///
/// The kernel clears rseq_cs lazily. A leftover descriptor address is harmless while descriptor and code
/// stay mapped, which `-z nodelete` guarantees.
///
/// Ordering: relaxed. A section publishes nothing but its one 64-bit cell. append() is the exception.
#pragma once

#include "kernel/abi.h"

/// Turns that watch() waits for a change: some microseconds.
#define RSEQ_WATCH_TURNS 10000

namespace rseq::sequences {

enum class Outcome {
  kCommitted,  ///< done, once
  kMoved,      ///< nothing done: *id was not `stripe`
  kAborted,    ///< nothing done: the kernel sent the section to its abort handler
};

/// Whose aborts are counted apart.
enum class Section : uint8_t { kAdd, kCompareStore, kCompareStoreStore, kAppend };
inline constexpr int kSections = 4;

}  // namespace rseq::sequences

#if defined(__x86_64__)
#include "sections/x86_64.h"
#elif defined(__aarch64__)
#include "sections/aarch64.h"
#else
#include "sections/generic.h"
#endif

/// add_i64(area, id, stripe, cell, n)
///     if (*id != stripe) goto moved
///     *cell += n                         // 64-bit two's complement, wraps
///
/// add_f64(area, id, stripe, cell, x)
///     if (*id != stripe) goto moved
///     *cell += x                         // IEEE 754 double, the thread's rounding mode
///
/// Both are called through add(), by the type of the amount.
///
/// compare_store(area, id, stripe, cell, expected, desired)
///     if (*id != stripe) goto moved
///     if (*cell != expected) goto moved  // somebody on this stripe was first
///     *cell = desired                    // 64-bit
///
/// compare_store_store(area, id, stripe, cell, expected, other, value, desired)
///     if (*id != stripe) goto moved
///     if (*cell != expected) goto moved
///     *other = value                     // 64-bit, on the same stripe; means something once *cell says so
///     *cell = desired                    // 64-bit
///
/// watch(area, id, stripe, word, left)
///     if (*id != stripe) goto moved
///     first = *word
///     turns = RSEQ_WATCH_TURNS
///     while (*word == first && --turns != 0) {}
///     *left = turns                      // 32-bit; not 0: somebody wrote `word` while the section ran
///
/// For the abort check: a writer of `word` that shares the CPU cannot run before the section has ended, or
/// was aborted. A commit with turns left is one that should not have been.
///
/// append(area, id, stripe, head, expected, to, from, words)
///     if (*id != stripe) goto moved
///     if (*head != expected) goto moved  // somebody on this stripe was first
///     ‖                                  // the commit before this one is visible before what follows
///     for (i = words; i != 0; --i) to[i - 1] = from[i - 1]
///     *head = expected + 1               // release: with all that was copied
///
/// The only section with more stores than its commit: nobody reads what they write before `head` says so, and
/// whoever starts after an abort writes all of it again. ‖ is for a reader that finds out from `head` whether
/// what it copied was being written over meanwhile: of a new record's words, none is visible before the
/// `expected` that frees their place. x86-64 keeps stores in order by itself.
///
/// @param area    this thread's registered area; no other
/// @param id      &area->cpu_id or &area->mm_cid
/// @param stripe  the value of *id that `cell` was chosen by
/// @param cell    8-byte aligned, on stripe `stripe`; so are `head` and `to`
/// @param words   at least 1

namespace rseq::sequences {

RSEQ_SECTION Outcome add(abi::Area* area, const uint32_t* id, uint32_t stripe, int64_t* cell, int64_t n) {
  return add_i64(area, id, stripe, cell, n);
}

RSEQ_SECTION Outcome add(abi::Area* area, const uint32_t* id, uint32_t stripe, double* cell, double x) {
  return add_f64(area, id, stripe, cell, x);
}

}  // namespace rseq::sequences
