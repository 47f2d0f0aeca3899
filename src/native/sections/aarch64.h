/// Critical sections for aarch64. Specification: ../sequences.h.
#pragma once

#include "sections/inject.h"

/// The section's descriptor, its entries in the tables that debuggers read, and its abort handler.
/// Local labels: 1 start, 2 post-commit, 3 descriptor, 4 abort handler. The handler stands out of line,
/// behind the signature, which is a `brk`. It is entered by exception return, so it needs no `bti`.
#define RSEQ_TABLES                                  \
  ".pushsection __rseq_cs, \"aw\"\n\t"               \
  ".balign 32\n"                                     \
  "3:\n\t"                                           \
  ".long 0, 0\n\t" /* version, flags */              \
  ".quad 1f, 2f - 1f, 4f\n\t"                        \
  ".popsection\n\t"                                  \
  ".pushsection __rseq_cs_ptr_array, \"aw\"\n\t"     \
  ".quad 3b\n\t"                                     \
  ".popsection\n\t"                                  \
  ".pushsection __rseq_exit_point_array, \"aw\"\n\t" \
  ".quad 1f, %l[moved]\n\t"                          \
  ".popsection\n\t"                                  \
  ".pushsection __rseq_failure, \"ax\"\n\t"          \
  ".inst 0xd428bc00\n"                               \
  "4:\n\t"                                           \
  "b %l[aborted]\n\t"                                \
  ".popsection\n\t"

/// preemption.h's markers: descriptors of a section that no thread is ever in, as RSEQ_TABLES has them but in
/// no table, for debuggers have nothing to see there. Local labels: 1 start, 2 post-commit, 4 abort handler.
#define RSEQ_MARKERS                                   \
  ".pushsection __rseq_failure, \"ax\"\n"              \
  "1:\n\t"                                             \
  ".inst 0\n"                                          \
  "2:\n\t"                                             \
  ".inst 0xd428bc00\n"                                 \
  "4:\n\t"                                             \
  ".inst 0\n\t"                                        \
  ".popsection\n\t"                                    \
  ".pushsection .data.rel.ro.rseq_markers, \"aw\"\n\t" \
  ".balign 32\n\t"                                     \
  ".hidden rseq_markers\n\t"                           \
  ".globl rseq_markers\n\t"                            \
  ".type rseq_markers, %object\n\t"                    \
  ".size rseq_markers, 64\n"                           \
  "rseq_markers:\n\t"                                  \
  ".rept 2\n\t"                                        \
  ".long 0, 0\n\t" /* version, flags */                \
  ".quad 1b, 2b - 1b, 4b\n\t"                          \
  ".endr\n\t"                                          \
  ".popsection\n\t"

/// Arms the section: x16 = &descriptor; area->rseq_cs = x16.
#define RSEQ_ARM               \
  "adrp x16, 3b\n\t"           \
  "add x16, x16, :lo12:3b\n\t" \
  "str x16, [%[area], #8]\n"   \
  "1:\n\t"

/// if (*id != stripe) goto moved
#define RSEQ_CHECK          \
  "ldr w16, [%[id]]\n\t"    \
  "cmp w16, %w[stripe]\n\t" \
  "b.ne %l[moved]\n\t"

/// A section's function has no copy of its own, in any build: its descriptor stands outside of the group in
/// which the linker keeps or drops such copies.
#define RSEQ_SECTION [[gnu::always_inline]] inline

namespace rseq::sequences {

static_assert(abi::kSignature == 0xd428bc00);

RSEQ_SECTION Outcome add_i64(abi::Area* area, const uint32_t* id, uint32_t stripe, int64_t* cell, int64_t n) {
  // x16 = *cell + n. Plain load and store: no exclusives and no LSE atomics inside a section.
  __asm__ volatile goto(RSEQ_TABLES RSEQ_ARM RSEQ_CHECK  //
                        "ldr x16, [%[cell]]\n\t"         //
                        RSEQ_INJECT                      //
                        "add x16, x16, %[n]\n\t"
                        "str x16, [%[cell]]\n"
                        "2:\n"
                        :
                        : [area] "r"(area), [id] "r"(id), [stripe] "r"(stripe), [cell] "r"(cell), [n] "r"(n)
                        : "memory", "cc", "x16", "x17"
                        : moved, aborted);
  return Outcome::kCommitted;
moved:
  return Outcome::kMoved;
aborted:
  return Outcome::kAborted;
}

RSEQ_SECTION Outcome add_f64(abi::Area* area, const uint32_t* id, uint32_t stripe, double* cell, double x) {
  // d16 = *cell + x
  __asm__ volatile goto(RSEQ_TABLES RSEQ_ARM RSEQ_CHECK  //
                        "ldr d16, [%[cell]]\n\t"         //
                        RSEQ_INJECT                      //
                        "fadd d16, d16, %d[x]\n\t"
                        "str d16, [%[cell]]\n"
                        "2:\n"
                        :
                        : [area] "r"(area), [id] "r"(id), [stripe] "r"(stripe), [cell] "r"(cell), [x] "w"(x)
                        : "memory", "cc", "x16", "x17", "v16"
                        : moved, aborted);
  return Outcome::kCommitted;
moved:
  return Outcome::kMoved;
aborted:
  return Outcome::kAborted;
}

RSEQ_SECTION Outcome compare_store(abi::Area* area, const uint32_t* id, uint32_t stripe, uint64_t* cell,
                                   uint64_t expected, uint64_t desired) {
  // x16 = *cell
  __asm__ volatile goto(RSEQ_TABLES RSEQ_ARM RSEQ_CHECK  //
                        "ldr x16, [%[cell]]\n\t"         //
                        "cmp x16, %[expected]\n\t"       //
                        "b.ne %l[moved]\n\t"             //
                        RSEQ_INJECT                      //
                        "str %[desired], [%[cell]]\n"
                        "2:\n"
                        :
                        : [area] "r"(area), [id] "r"(id), [stripe] "r"(stripe), [cell] "r"(cell),
                          [expected] "r"(expected), [desired] "r"(desired)
                        : "memory", "cc", "x16", "x17"
                        : moved, aborted);
  return Outcome::kCommitted;
moved:
  return Outcome::kMoved;
aborted:
  return Outcome::kAborted;
}

RSEQ_SECTION Outcome compare_store_store(abi::Area* area, const uint32_t* id, uint32_t stripe, uint64_t* cell,
                                         uint64_t expected, uint64_t* other, uint64_t value,
                                         uint64_t desired) {
  // x16 = *cell
  __asm__ volatile goto(
      RSEQ_TABLES RSEQ_ARM RSEQ_CHECK  //
      "ldr x16, [%[cell]]\n\t"         //
      "cmp x16, %[expected]\n\t"       //
      "b.ne %l[moved]\n\t"             //
      RSEQ_INJECT                      //
      "str %[value], [%[other]]\n\t"
      "str %[desired], [%[cell]]\n"
      "2:\n"
      :
      : [area] "r"(area), [id] "r"(id), [stripe] "r"(stripe), [cell] "r"(cell), [expected] "r"(expected),
        [other] "r"(other), [value] "r"(value), [desired] "r"(desired)
      : "memory", "cc", "x16", "x17"
      : moved, aborted);
  return Outcome::kCommitted;
moved:
  return Outcome::kMoved;
aborted:
  return Outcome::kAborted;
}

RSEQ_SECTION Outcome watch(abi::Area* area, const uint32_t* id, uint32_t stripe, const uint32_t* word,
                           uint32_t* left) {
  // w16 = first, w17 = turns, w9 = *word
  __asm__ volatile goto(RSEQ_TABLES RSEQ_ARM RSEQ_CHECK
                        "ldr w16, [%[word]]\n\t"
                        "mov w17, #" RSEQ_STRINGIFY(RSEQ_WATCH_TURNS) "\n"
                        "6:\n\t"
                        "ldr w9, [%[word]]\n\t"
                        "cmp w9, w16\n\t"
                        "b.ne 7f\n\t"
                        "subs w17, w17, #1\n\t"
                        "b.ne 6b\n"
                        "7:\n\t"
                        "str w17, [%[left]]\n"
                        "2:\n"
                        :
                        : [area] "r"(area), [id] "r"(id), [stripe] "r"(stripe), [word] "r"(word),
                          [left] "r"(left)
                        : "memory", "cc", "x9", "x16", "x17"
                        : moved, aborted);
  return Outcome::kCommitted;
moved:
  return Outcome::kMoved;
aborted:
  return Outcome::kAborted;
}

RSEQ_SECTION Outcome append(abi::Area* area, const uint32_t* id, uint32_t stripe, uint64_t* head,
                            uint64_t expected, uint64_t* to, const uint64_t* from, uint64_t words) {
  // x9 = i, x16 = *head, then from[i], then expected + 1. stlr takes no offset.
  __asm__ volatile goto(RSEQ_TABLES RSEQ_ARM RSEQ_CHECK
                        "ldr x16, [%[head]]\n\t"
                        "cmp x16, %[expected]\n\t"
                        "b.ne %l[moved]\n\t"
                        "dmb ishst\n\t"
                        "mov x9, %[words]\n"
                        "6:\n\t"
                        "sub x9, x9, #1\n\t"
                        "ldr x16, [%[from], x9, lsl #3]\n\t"
                        "str x16, [%[to], x9, lsl #3]\n\t"
                        "cbnz x9, 6b\n\t"  //
                        RSEQ_INJECT
                        "add x16, %[expected], #1\n\t"
                        "stlr x16, [%[head]]\n"
                        "2:\n"
                        :
                        : [area] "r"(area), [id] "r"(id), [stripe] "r"(stripe), [head] "r"(head),
                          [expected] "r"(expected), [to] "r"(to), [from] "r"(from), [words] "r"(words)
                        : "memory", "cc", "x9", "x16", "x17"
                        : moved, aborted);
  return Outcome::kCommitted;
moved:
  return Outcome::kMoved;
aborted:
  return Outcome::kAborted;
}

}  // namespace rseq::sequences
