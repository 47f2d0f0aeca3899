/// A region's file, and what can be wrong with it.
#pragma once

#include <stddef.h>

#include <string>
#include <vector>

#include "harness.h"
#include "region/format.h"

namespace structures {

/// A file of one object of each kind, that was counted in. It is made again before each damage: only what is
/// not zero of it is written.
class Image {
 public:
  Image();
  ~Image();
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  /// The file is as it was.
  void restore();
  /// Some words are others, or the file is shorter or longer.
  void damage(Random& random, bool in_use);

  const std::string& path() const { return path_; }
  const region::Layout& layout() const { return layout_; }

 private:
  size_t place(Random& random) const;
  void set(size_t at, uint64_t value, uint32_t bytes);

  std::string path_;
  int fd_;
  region::Layout layout_;
  region::Sizes sizes_;
  std::vector<char> whole_;
  std::vector<size_t> pages_;  ///< that are not zero
};

}  // namespace structures
