/// A page that traps whoever touches it first: what others would see at that moment.
#pragma once

#include <stddef.h>

#include <functional>

namespace structures {

/// One page that is nobody's until it is touched: then `seen` runs, and the access is made again. One at a
/// time.
class Trap {
 public:
  Trap(void* page, std::function<void()> seen);
  ~Trap();
  Trap(const Trap&) = delete;
  Trap& operator=(const Trap&) = delete;

  bool was_touched() const;
};

/// Bytes of a page.
size_t page_bytes();

}  // namespace structures
