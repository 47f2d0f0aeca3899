/// What the C library says of rseq, asked at run time: one addon serves libraries with and without it.
#pragma once

#include <dlfcn.h>
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
inline Symbols symbols() {
  return {
      .offset = static_cast<const ptrdiff_t*>(dlsym(RTLD_DEFAULT, "__rseq_offset")),
      .size = static_cast<const unsigned int*>(dlsym(RTLD_DEFAULT, "__rseq_size")),
      .flags = static_cast<const unsigned int*>(dlsym(RTLD_DEFAULT, "__rseq_flags")),
  };
}

/// gnu_get_libc_version(), such as "2.36"; null where the C library is not glibc.
inline const char* glibc_version() {
  const auto version = reinterpret_cast<const char* (*)()>(dlsym(RTLD_DEFAULT, "gnu_get_libc_version"));
  return version != nullptr ? version() : nullptr;
}

}  // namespace rseq::libc
