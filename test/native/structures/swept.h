/// A region file that nobody has, for who sweeps and who comes.
#pragma once

#include <errno.h>
#include <sys/stat.h>

#include <string>

#include "backed.h"
#include "region/arena.h"
#include "region/region.h"

namespace structures {

inline bool sweep(const std::string& path) { return region::sweep(path.c_str()); }

inline ino_t inode_of(const std::string& path) {
  struct stat found = {};
  return stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

/// As this process can have it.
inline region::Sizes swept_sizes() {
  region::Sizes some = kBackedSizes;
  some.stripes = rseq::arena::stripes.count;
  return some;
}

inline void create_swept(const std::string& path) {
  backing::Memory memory;
  expect(backing::create_file(path.c_str(), swept_sizes(), &memory) == 0, "a file", errno);
  backing::release(memory);
}

inline void expect_kept(const std::string& path, const char* what) {
  const ino_t before = inode_of(path);
  expect(!sweep(path) && before != 0 && inode_of(path) == before, what);
}

inline void expect_swept(const std::string& path, const char* what) {
  expect(sweep(path) && inode_of(path) == 0, what);
}

}  // namespace structures
