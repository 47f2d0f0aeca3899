/// What the sections of all architectures have in common, but for a few instructions: the tables around each,
/// and what its function returns. An architecture's header defines RSEQ_SIGNATURE, RSEQ_JUMP and RSEQ_TRAP
/// first.
#pragma once

/// A section's descriptor, its entries in the tables that debuggers read, and its abort handler, which stands
/// out of line. Local labels: 1 start, 2 post-commit, 3 descriptor, 4 abort handler.
#define RSEQ_TABLES                                                           \
  ".pushsection __rseq_cs, \"aw\"\n\t"                                        \
  ".balign 32\n"                                                              \
  "3:\n\t"                                                                    \
  ".long 0, 0\n\t" /* version, flags */                                       \
  ".quad 1f, 2f - 1f, 4f\n\t"                                                 \
  ".popsection\n\t"                                                           \
  ".pushsection __rseq_cs_ptr_array, \"aw\"\n\t"                              \
  ".quad 3b\n\t"                                                              \
  ".popsection\n\t"                                                           \
  ".pushsection __rseq_exit_point_array, \"aw\"\n\t"                          \
  ".quad 1f, %l[moved]\n\t"                                                   \
  ".popsection\n\t"                                                           \
  ".pushsection __rseq_failure, \"ax\"\n\t" RSEQ_SIGNATURE "4:\n\t" RSEQ_JUMP \
  "%l[aborted]\n\t"                                                           \
  ".popsection\n\t"

/// preemption.h's markers: descriptors of a section that no thread is ever in, as RSEQ_TABLES has them but in
/// no table, for debuggers have nothing to see there. Local labels: 1 start, 2 post-commit, 4 abort handler.
#define RSEQ_MARKERS                                            \
  ".pushsection __rseq_failure, \"ax\"\n"                       \
  "1:\n\t" RSEQ_TRAP "2:\n\t" RSEQ_SIGNATURE "4:\n\t" RSEQ_TRAP \
  ".popsection\n\t"                                             \
  ".pushsection .data.rel.ro.rseq_markers, \"aw\"\n\t"          \
  ".balign 32\n\t"                                              \
  ".hidden rseq_markers\n\t"                                    \
  ".globl rseq_markers\n\t"                                     \
  ".type rseq_markers, STT_OBJECT\n\t"                          \
  ".size rseq_markers, 64\n"                                    \
  "rseq_markers:\n\t"                                           \
  ".rept 2\n\t"                                                 \
  ".long 0, 0\n\t" /* version, flags */                         \
  ".quad 1b, 2b - 1b, 4b\n\t"                                   \
  ".endr\n\t"                                                   \
  ".popsection\n\t"

/// What a section's function returns.
#define RSEQ_OUTCOME          \
  return Outcome::kCommitted; \
  moved:                      \
  return Outcome::kMoved;     \
  aborted:                    \
  return Outcome::kAborted

/// A section's function has no copy of its own, in any build: its descriptor stands outside of the group in
/// which the linker keeps or drops such copies.
#define RSEQ_SECTION [[gnu::always_inline]] inline
