#include "kernel/libc.h"

#include <dlfcn.h>

namespace rseq::libc {

Symbols symbols() {
  return {
      .offset = static_cast<const ptrdiff_t*>(dlsym(RTLD_DEFAULT, "__rseq_offset")),
      .size = static_cast<const unsigned int*>(dlsym(RTLD_DEFAULT, "__rseq_size")),
      .flags = static_cast<const unsigned int*>(dlsym(RTLD_DEFAULT, "__rseq_flags")),
  };
}

const char* glibc_version() {
  const auto version = reinterpret_cast<const char* (*)()>(dlsym(RTLD_DEFAULT, "gnu_get_libc_version"));
  return version != nullptr ? version() : nullptr;
}

}  // namespace rseq::libc
