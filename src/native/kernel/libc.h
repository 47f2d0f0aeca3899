/// What the C library says of rseq, asked at run time: one addon serves libraries with and without it.
#pragma once

#include <stddef.h>

namespace rseq::libc {

/// glibc's public symbols (2.35 and later, some 2.34), null where they are missing. Their presence proves
/// nothing by itself. Source: sys/rseq.h.
struct Symbols {
  const ptrdiff_t* offset;    ///< __rseq_offset: of each thread's area, from its thread pointer
  const unsigned int* size;   ///< __rseq_size: 0 where libc registers no thread
  const unsigned int* flags;  ///< __rseq_flags

  bool registers_threads() const { return offset != nullptr && size != nullptr && *size != 0; }
};
Symbols symbols();

/// gnu_get_libc_version(), such as "2.36"; null where the C library is not glibc.
const char* glibc_version();

}  // namespace rseq::libc
