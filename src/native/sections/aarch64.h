/// Critical sections for aarch64. Specification and notation: sequences.h.
#pragma once

#include "sections/inject.h"

/// Stands before an abort handler: the signature, which is a `brk`. The handler is entered by exception
/// return, so it needs no `bti`.
#define RSEQ_SIGNATURE ".inst 0xd428bc00\n"
#define RSEQ_JUMP "b "
#define RSEQ_TRAP ".inst 0\n"

#include "sections/tables.h"

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

/// A section: the code, a register that it changes beside x16 and x17 ("cc": none), its operands.
#define RSEQ_RUN(code, also, ...)                                                           \
  __asm__ volatile goto(RSEQ_TABLES RSEQ_ARM RSEQ_CHECK code "2:\n"                         \
                        :                                                                   \
                        : [area] "r"(area), [id] "r"(id), [stripe] "r"(stripe), __VA_ARGS__ \
                        : "memory", "cc", "x16", "x17", also                                \
                        : moved, aborted);                                                  \
  RSEQ_OUTCOME

// clang-format off: one instruction per line
namespace rseq::sequences {

static_assert(abi::kSignature == 0xd428bc00);

/// load_add_store__ptr
///     *cell += n
RSEQ_SECTION Outcome add_i64(abi::Area* area, const uint32_t* id, uint32_t stripe, int64_t* cell, int64_t n) {
  // x16 = *cell + n. Plain load and store: no exclusives and no LSE atomics inside a section.
  RSEQ_RUN(
      "ldr x16, [%[cell]]\n\t"
      RSEQ_INJECT
      "add x16, x16, %[n]\n\t"
      "str x16, [%[cell]]\n",
      "cc", [cell] "r"(cell), [n] "r"(n));
}

/// load_add_store__ptr, of a double
///     *cell += x
RSEQ_SECTION Outcome add_f64(abi::Area* area, const uint32_t* id, uint32_t stripe, double* cell, double x) {
  // d16 = *cell + x
  RSEQ_RUN(
      "ldr d16, [%[cell]]\n\t"
      RSEQ_INJECT
      "fadd d16, d16, %d[x]\n\t"
      "str d16, [%[cell]]\n",
      "v16", [cell] "r"(cell), [x] "w"(x));
}

/// load_cbne_store__ptr
///     if (*cell != expected) goto moved
///     *cell = desired
RSEQ_SECTION Outcome compare_store(abi::Area* area, const uint32_t* id, uint32_t stripe, uint64_t* cell,
                                   uint64_t expected, uint64_t desired) {
  // x16 = *cell
  RSEQ_RUN(
      "ldr x16, [%[cell]]\n\t"
      "cmp x16, %[expected]\n\t"
      "b.ne %l[moved]\n\t"
      RSEQ_INJECT
      "str %[desired], [%[cell]]\n",
      "cc", [cell] "r"(cell), [expected] "r"(expected), [desired] "r"(desired));
}

/// load_cbne_store_store__ptr
///     if (*cell != expected) goto moved
///     *other = value
///     *cell = desired
RSEQ_SECTION Outcome compare_store_store(abi::Area* area, const uint32_t* id, uint32_t stripe, uint64_t* cell,
                                         uint64_t expected, uint64_t* other, uint64_t value,
                                         uint64_t desired) {
  // x16 = *cell
  RSEQ_RUN(
      "ldr x16, [%[cell]]\n\t"
      "cmp x16, %[expected]\n\t"
      "b.ne %l[moved]\n\t"
      RSEQ_INJECT
      "str %[value], [%[other]]\n\t"
      "str %[desired], [%[cell]]\n",
      "cc", [cell] "r"(cell), [expected] "r"(expected), [other] "r"(other),
      [value] "r"(value), [desired] "r"(desired));
}

/// librseq has none
///     for (first = *word, turns = RSEQ_WATCH_TURNS; *word == first && --turns != 0;) {}
///     *left = turns
RSEQ_SECTION Outcome watch(abi::Area* area, const uint32_t* id, uint32_t stripe, const uint32_t* word,
                           uint32_t* left) {
  // w16 = first, w17 = turns, w9 = *word
  RSEQ_RUN(
      "ldr w16, [%[word]]\n\t"
      "mov w17, #" RSEQ_STRINGIFY(RSEQ_WATCH_TURNS) "\n"
      "6:\n\t"
      "ldr w9, [%[word]]\n\t"
      "cmp w9, w16\n\t"
      "b.ne 7f\n\t"
      "subs w17, w17, #1\n\t"
      "b.ne 6b\n"
      "7:\n\t"
      "str w17, [%[left]]\n",
      "x9", [word] "r"(word), [left] "r"(left));
}

/// load_cbne_memcpy_store__ptr
///     if (*head != expected) goto moved
///     ‖
///     for (i = words; i != 0; --i) to[i - 1] = from[i - 1]
///     *head = expected + 1
RSEQ_SECTION Outcome append(abi::Area* area, const uint32_t* id, uint32_t stripe, uint64_t* head,
                            uint64_t expected, uint64_t* to, const uint64_t* from, uint64_t words) {
  // x9 = i, x16 = *head, then from[i], then expected + 1. stlr takes no offset.
  RSEQ_RUN(
      "ldr x16, [%[head]]\n\t"
      "cmp x16, %[expected]\n\t"
      "b.ne %l[moved]\n\t"
      "dmb ishst\n\t"
      "mov x9, %[words]\n"
      "6:\n\t"
      "sub x9, x9, #1\n\t"
      "ldr x16, [%[from], x9, lsl #3]\n\t"
      "str x16, [%[to], x9, lsl #3]\n\t"
      "cbnz x9, 6b\n\t"
      RSEQ_INJECT
      "add x16, %[expected], #1\n\t"
      "stlr x16, [%[head]]\n",
      "x9", [head] "r"(head), [expected] "r"(expected), [to] "r"(to), [from] "r"(from), [words] "r"(words));
}

}  // namespace rseq::sequences
// clang-format on
