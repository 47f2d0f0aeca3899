/// Critical sections for x86-64. Specification: ../sequences.h.
#pragma once

#include "sections/inject.h"

/// The section's descriptor, its entries in the tables that debuggers read, and its abort handler.
/// Local labels: 1 start, 2 post-commit, 3 descriptor, 4 abort handler. The handler stands out of line,
/// behind an undefined `ud1` whose last four bytes are the signature. It is entered by exception return,
/// so it needs no endbr64.
#define RSEQ_TABLES                                     \
  ".pushsection __rseq_cs, \"aw\"\n\t"                  \
  ".balign 32\n"                                        \
  "3:\n\t"                                              \
  ".long 0, 0\n\t" /* version, flags */                 \
  ".quad 1f, 2f - 1f, 4f\n\t"                           \
  ".popsection\n\t"                                     \
  ".pushsection __rseq_cs_ptr_array, \"aw\"\n\t"        \
  ".quad 3b\n\t"                                        \
  ".popsection\n\t"                                     \
  ".pushsection __rseq_exit_point_array, \"aw\"\n\t"    \
  ".quad 1f, %l[moved]\n\t"                             \
  ".popsection\n\t"                                     \
  ".pushsection __rseq_failure, \"ax\"\n\t"             \
  ".byte 0x0f, 0xb9, 0x3d\n\t" /* ud1 sig(%rip),%edi */ \
  ".long 0x53053053\n"                                  \
  "4:\n\t"                                              \
  "jmp %l[aborted]\n\t"                                 \
  ".popsection\n\t"

/// preemption.h's markers: descriptors of a section that no thread is ever in, as RSEQ_TABLES has them but in
/// no table, for debuggers have nothing to see there. Local labels: 1 start, 2 post-commit, 4 abort handler.
#define RSEQ_MARKERS                                   \
  ".pushsection __rseq_failure, \"ax\"\n"              \
  "1:\n\t"                                             \
  "ud2\n"                                              \
  "2:\n\t"                                             \
  ".byte 0x0f, 0xb9, 0x3d\n\t"                         \
  ".long 0x53053053\n"                                 \
  "4:\n\t"                                             \
  "ud2\n\t"                                            \
  ".popsection\n\t"                                    \
  ".pushsection .data.rel.ro.rseq_markers, \"aw\"\n\t" \
  ".balign 32\n\t"                                     \
  ".hidden rseq_markers\n\t"                           \
  ".globl rseq_markers\n\t"                            \
  ".type rseq_markers, @object\n\t"                    \
  ".size rseq_markers, 64\n"                           \
  "rseq_markers:\n\t"                                  \
  ".rept 2\n\t"                                        \
  ".long 0, 0\n\t" /* version, flags */                \
  ".quad 1b, 2b - 1b, 4b\n\t"                          \
  ".endr\n\t"                                          \
  ".popsection\n\t"

/// Arms the section: rax = &descriptor; area->rseq_cs = rax.
#define RSEQ_ARM              \
  "leaq 3b(%%rip), %%rax\n\t" \
  "movq %%rax, 8(%[area])\n"  \
  "1:\n\t"

/// if (*id != stripe) goto moved
#define RSEQ_CHECK            \
  "cmpl %[stripe], %[id]\n\t" \
  "jne %l[moved]\n\t"

/// A section's function has no copy of its own, in any build: its descriptor stands outside of the group in
/// which the linker keeps or drops such copies.
#define RSEQ_SECTION [[gnu::always_inline]] inline

namespace rseq::sequences {

static_assert(abi::kSignature == 0x53053053);

RSEQ_SECTION Outcome add_i64(abi::Area* area, const uint32_t* id, uint32_t stripe, int64_t* cell, int64_t n) {
  // One instruction loads, adds and stores: an interrupt comes before or after it, never inside.
  __asm__ volatile goto(
      RSEQ_TABLES RSEQ_ARM RSEQ_CHECK RSEQ_INJECT
      "addq %[n], %[cell]\n"
      "2:\n"
      :
      : [area] "r"(area), [id] "m"(*id), [stripe] "r"(stripe), [cell] "m"(*cell), [n] "er"(n)
      : "memory", "cc", "rax"
      : moved, aborted);
  return Outcome::kCommitted;
moved:
  return Outcome::kMoved;
aborted:
  return Outcome::kAborted;
}

RSEQ_SECTION Outcome add_f64(abi::Area* area, const uint32_t* id, uint32_t stripe, double* cell, double x) {
  // xmm15 = *cell + x
  __asm__ volatile goto(RSEQ_TABLES RSEQ_ARM RSEQ_CHECK  //
                        "movsd %[cell], %%xmm15\n\t"     //
                        RSEQ_INJECT                      //
                        "addsd %[x], %%xmm15\n\t"
                        "movsd %%xmm15, %[cell]\n"
                        "2:\n"
                        :
                        : [area] "r"(area), [id] "m"(*id), [stripe] "r"(stripe), [cell] "m"(*cell), [x] "x"(x)
                        : "memory", "cc", "rax", "xmm15"
                        : moved, aborted);
  return Outcome::kCommitted;
moved:
  return Outcome::kMoved;
aborted:
  return Outcome::kAborted;
}

RSEQ_SECTION Outcome compare_store(abi::Area* area, const uint32_t* id, uint32_t stripe, uint64_t* cell,
                                   uint64_t expected, uint64_t desired) {
  __asm__ volatile goto(RSEQ_TABLES RSEQ_ARM RSEQ_CHECK  //
                        "cmpq %[expected], %[cell]\n\t"  //
                        "jne %l[moved]\n\t"              //
                        RSEQ_INJECT                      //
                        "movq %[desired], %[cell]\n"
                        "2:\n"
                        :
                        : [area] "r"(area), [id] "m"(*id), [stripe] "r"(stripe), [cell] "m"(*cell),
                          [expected] "r"(expected), [desired] "r"(desired)
                        : "memory", "cc", "rax"
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
  __asm__ volatile goto(
      RSEQ_TABLES RSEQ_ARM RSEQ_CHECK  //
      "cmpq %[expected], %[cell]\n\t"  //
      "jne %l[moved]\n\t"              //
      RSEQ_INJECT                      //
      "movq %[value], (%[other])\n\t"
      "movq %[desired], %[cell]\n"
      "2:\n"
      :
      : [area] "r"(area), [id] "m"(*id), [stripe] "r"(stripe), [cell] "m"(*cell), [expected] "r"(expected),
        [other] "r"(other), [value] "r"(value), [desired] "r"(desired)
      : "memory", "cc", "rax"
      : moved, aborted);
  return Outcome::kCommitted;
moved:
  return Outcome::kMoved;
aborted:
  return Outcome::kAborted;
}

RSEQ_SECTION Outcome watch(abi::Area* area, const uint32_t* id, uint32_t stripe, const uint32_t* word,
                           uint32_t* left) {
  // eax = first, ecx = turns
  __asm__ volatile goto(RSEQ_TABLES RSEQ_ARM RSEQ_CHECK
                        "movl (%[word]), %%eax\n\t"
                        "movl $" RSEQ_STRINGIFY(RSEQ_WATCH_TURNS) ", %%ecx\n"
                        "6:\n\t"
                        "cmpl %%eax, (%[word])\n\t"
                        "jne 7f\n\t"
                        "subl $1, %%ecx\n\t"
                        "jnz 6b\n"
                        "7:\n\t"
                        "movl %%ecx, (%[left])\n"
                        "2:\n"
                        :
                        : [area] "r"(area), [id] "m"(*id), [stripe] "r"(stripe), [word] "r"(word),
                          [left] "r"(left)
                        : "memory", "cc", "rax", "rcx"
                        : moved, aborted);
  return Outcome::kCommitted;
moved:
  return Outcome::kMoved;
aborted:
  return Outcome::kAborted;
}

RSEQ_SECTION Outcome append(abi::Area* area, const uint32_t* id, uint32_t stripe, uint64_t* head,
                            uint64_t expected, uint64_t* to, const uint64_t* from, uint64_t words) {
  // rcx = i, rax = from[i - 1], then expected + 1
  __asm__ volatile goto(RSEQ_TABLES RSEQ_ARM RSEQ_CHECK
                        "cmpq %[expected], %[head]\n\t"
                        "jne %l[moved]\n\t"
                        "movq %[words], %%rcx\n"
                        "6:\n\t"
                        "movq -8(%[from],%%rcx,8), %%rax\n\t"
                        "movq %%rax, -8(%[to],%%rcx,8)\n\t"
                        "subq $1, %%rcx\n\t"
                        "jnz 6b\n\t"  //
                        RSEQ_INJECT
                        "leaq 1(%[expected]), %%rax\n\t"
                        "movq %%rax, %[head]\n"
                        "2:\n"
                        :
                        : [area] "r"(area), [id] "m"(*id), [stripe] "r"(stripe), [head] "m"(*head),
                          [expected] "r"(expected), [to] "r"(to), [from] "r"(from), [words] "r"(words)
                        : "memory", "cc", "rax", "rcx"
                        : moved, aborted);
  return Outcome::kCommitted;
moved:
  return Outcome::kMoved;
aborted:
  return Outcome::kAborted;
}

}  // namespace rseq::sequences
