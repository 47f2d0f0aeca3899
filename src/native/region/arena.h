/// Address space for stripes: one reservation for the life of the process, in which every region that this
/// process can count in has its own range of cell numbers, the same in every stripe. So a hot operation needs
/// the number alone, whichever region it is of, and nothing ever moves under a writer.
///
///     base + (stripe << shift) + 8 × number
///
/// All numbers below `limit` are mapped and can be written, always: one comparison keeps any number in
/// bounds.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace rseq::arena {

struct Stripes {
  char* base;
  uint32_t limit;  ///< numbers from here on are nobody's
  uint32_t count;  ///< possible CPUs; the stripe of that number is the overflow stripe
  uint32_t shift;
  char* overflow;  ///< cell 0 of the overflow stripe

  /// @param number  below limit
  template <typename T>
  T* cell(uint32_t stripe, uint32_t number) const {
    return reinterpret_cast<T*>(base + (static_cast<size_t>(stripe) << shift)) + number;
  }
};

#pragma GCC visibility push(hidden)  // reached directly, not through the GOT
extern constinit Stripes stripes;
#pragma GCC visibility pop

/// A copy for a hot operation, as a section's memory clobber makes the compiler read globals again. Of what
/// is constant: `limit`, which is not, is 0.
inline Stripes copy() {
  return {.base = stripes.base,
          .limit = 0,
          .count = stripes.count,
          .shift = stripes.shift,
          .overflow = stripes.overflow};
}

/// Why there is less than there could be.
enum class Limit : uint8_t { kNone, kAddressSpace, kOvercommit };

/// Reserves, on first use. Not to be called by two threads at once.
/// @return false without address space
bool ready();

/// Cells per stripe that a new region should have: of the process's own memory, or of a file.
uint32_t default_cells(bool shared);
Limit limit();

/// Whether there is room for a range of that size.
bool fits(uint32_t cells);
/// Takes a range, in which nothing is mapped yet. @return its first number, or −1
int64_t take(uint32_t cells);
/// Maps the range in each stripe. @param fd  −1: memory of this process alone
/// @param at  stripe 0 in the file, from one stripe to the next `stripe_bytes`
bool map(uint32_t first, uint32_t cells, int fd, uint64_t at, uint64_t stripe_bytes);
/// Gives a range back: what is read there is 0 from now on, and what is written there is nobody's.
void give_back(uint32_t first, uint32_t cells);

}  // namespace rseq::arena
