/// Critical sections for x86-64. Specification and notation: sequences.h.
#pragma once

#include "sections/inject.h"

/// Stands before an abort handler: the signature, as the last four bytes of an undefined `ud1`. The handler
/// is entered by exception return, so it needs no endbr64.
#define RSEQ_SIGNATURE ".byte 0x0f, 0xb9, 0x3d\n\t.long 0x53053053\n" /* ud1 sig(%rip),%edi */
#define RSEQ_JUMP "jmp "
#define RSEQ_TRAP "ud2\n"

#include "sections/tables.h"

/// Arms the section: rax = &descriptor; area->rseq_cs = rax.
#define RSEQ_ARM              \
  "leaq 3b(%%rip), %%rax\n\t" \
  "movq %%rax, 8(%[area])\n"  \
  "1:\n\t"

/// if (*id != stripe) goto moved
#define RSEQ_CHECK            \
  "cmpl %[stripe], %[id]\n\t" \
  "jne %l[moved]\n\t"

/// A section: the code, a register that it changes beside rax ("cc": none), its operands.
#define RSEQ_RUN(code, also, ...)                                                            \
  __asm__ volatile goto(RSEQ_TABLES RSEQ_ARM RSEQ_CHECK code "2:\n"                          \
                        :                                                                    \
                        : [area] "r"(area), [id] "m"(*id), [stripe] "r"(stripe), __VA_ARGS__ \
                        : "memory", "cc", "rax", also                                        \
                        : moved, aborted);                                                   \
  RSEQ_OUTCOME

// clang-format off: one instruction per line
namespace rseq::sequences {

static_assert(abi::kSignature == 0x53053053);

/// load_add_store__ptr
///     *cell += n
RSEQ_SECTION Outcome add_i64(abi::Area* area, const uint32_t* id, uint32_t stripe, int64_t* cell, int64_t n) {
  // One instruction loads, adds and stores: an interrupt comes before or after it, never inside.
  RSEQ_RUN(
      RSEQ_INJECT
      "addq %[n], %[cell]\n",
      "cc", [cell] "m"(*cell), [n] "er"(n));
}

/// load_add_store__ptr, of a double
///     *cell += x
RSEQ_SECTION Outcome add_f64(abi::Area* area, const uint32_t* id, uint32_t stripe, double* cell, double x) {
  // xmm15 = *cell + x
  RSEQ_RUN(
      "movsd %[cell], %%xmm15\n\t"
      RSEQ_INJECT
      "addsd %[x], %%xmm15\n\t"
      "movsd %%xmm15, %[cell]\n",
      "xmm15", [cell] "m"(*cell), [x] "x"(x));
}

/// load_cbne_store__ptr
///     if (*cell != expected) goto moved
///     *cell = desired
RSEQ_SECTION Outcome compare_store(abi::Area* area, const uint32_t* id, uint32_t stripe, uint64_t* cell,
                                   uint64_t expected, uint64_t desired) {
  RSEQ_RUN(
      "cmpq %[expected], %[cell]\n\t"
      "jne %l[moved]\n\t"
      RSEQ_INJECT
      "movq %[desired], %[cell]\n",
      "cc", [cell] "m"(*cell), [expected] "r"(expected), [desired] "r"(desired));
}

/// load_cbne_store_store__ptr
///     if (*cell != expected) goto moved
///     *other = value
///     *cell = desired
RSEQ_SECTION Outcome compare_store_store(abi::Area* area, const uint32_t* id, uint32_t stripe, uint64_t* cell,
                                         uint64_t expected, uint64_t* other, uint64_t value,
                                         uint64_t desired) {
  RSEQ_RUN(
      "cmpq %[expected], %[cell]\n\t"
      "jne %l[moved]\n\t"
      RSEQ_INJECT
      "movq %[value], (%[other])\n\t"
      "movq %[desired], %[cell]\n",
      "cc", [cell] "m"(*cell), [expected] "r"(expected), [other] "r"(other),
      [value] "r"(value), [desired] "r"(desired));
}

/// librseq has none
///     for (first = *word, turns = RSEQ_WATCH_TURNS; *word == first && --turns != 0;) {}
///     *left = turns
RSEQ_SECTION Outcome watch(abi::Area* area, const uint32_t* id, uint32_t stripe, const uint32_t* word,
                           uint32_t* left) {
  // eax = first, ecx = turns
  RSEQ_RUN(
      "movl (%[word]), %%eax\n\t"
      "movl $" RSEQ_STRINGIFY(RSEQ_WATCH_TURNS) ", %%ecx\n"
      "6:\n\t"
      "cmpl %%eax, (%[word])\n\t"
      "jne 7f\n\t"
      "subl $1, %%ecx\n\t"
      "jnz 6b\n"
      "7:\n\t"
      "movl %%ecx, (%[left])\n",
      "rcx", [word] "r"(word), [left] "r"(left));
}

/// load_cbne_memcpy_store__ptr
///     if (*head != expected) goto moved
///     ‖
///     for (i = words; i != 0; --i) to[i - 1] = from[i - 1]
///     *head = expected + 1
RSEQ_SECTION Outcome append(abi::Area* area, const uint32_t* id, uint32_t stripe, uint64_t* head,
                            uint64_t expected, uint64_t* to, const uint64_t* from, uint64_t words) {
  // rcx = i, rax = from[i - 1], then expected + 1
  RSEQ_RUN(
      "cmpq %[expected], %[head]\n\t"
      "jne %l[moved]\n\t"
      "movq %[words], %%rcx\n"
      "6:\n\t"
      "movq -8(%[from],%%rcx,8), %%rax\n\t"
      "movq %%rax, -8(%[to],%%rcx,8)\n\t"
      "subq $1, %%rcx\n\t"
      "jnz 6b\n\t"
      RSEQ_INJECT
      "leaq 1(%[expected]), %%rax\n\t"
      "movq %%rax, %[head]\n",
      "rcx", [head] "m"(*head), [expected] "r"(expected), [to] "r"(to), [from] "r"(from), [words] "r"(words));
}

}  // namespace rseq::sequences
// clang-format on
