/// What a region's memory is: of this process alone, an anonymous file (memfd), or a file.
///
/// A file becomes visible under its name only when it is whole. Whoever attaches checks whose it is, copies
/// the header out, and takes the places of everything from that copy.
#pragma once

#include "region/directory.h"

namespace rseq::region::backing {

/// Memory with a valid header, its control part mapped.
struct Memory {
  int fd;  ///< −1: of this process alone
  Sizes sizes;
  uint64_t nonce;
  uint64_t device;
  uint64_t inode;
  char* control;
  uint64_t control_bytes;  ///< that are mapped
};

/// New memory of this process alone. @return 0 or a Result
int32_t create_private(const Sizes& sizes, Memory* out);

/// A new memfd that can neither shrink nor grow. Source: memfd_create(2).
int32_t create_memfd(const Sizes& sizes, Memory* out);

/// The file of that name, made if there is none: 0600, sparse.
int32_t create_file(const char* path, const Sizes& sizes, Memory* out);

/// A file, or memfd by its /proc/PID/fd/N; kLink where it is any other symbolic link. With `read_only` all of
/// it is mapped into `control`.
int32_t attach(const char* path, bool read_only, Memory* out);

/// Whether the open file is a region that this process may trust as its own: its user's, and nobody else may
/// open it. @return 0 or a Result
/// @param out  everything but the mapping
int32_t check(int fd, Memory* out);

/// Unmaps and closes.
void release(const Memory& memory);

}  // namespace rseq::region::backing
