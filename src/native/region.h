/// Per-CPU memory: one stripe of 8-byte cells per possible CPU, one more for the threads without rseq,
/// and a directory of names.
///
/// Cell `i` of a counter is the 8 bytes at the same place in every stripe. Cells of one CPU are packed;
/// stripes are whole pages, so cells of two CPUs never share a cache line, and a page is first touched,
/// and so placed, by the CPU that counts in it. Nothing is ever freed or moved.
///
/// Creating and opening is lock-free: a thread that dies half way costs one cell at most.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace rseq::region {

inline constexpr uint32_t kCells = 65536;
inline constexpr size_t kStripeBytes = kCells * sizeof(int64_t);
inline constexpr size_t kMaxName = 240;  ///< bytes of UTF-8

enum class Kind : uint8_t { kFree, kCounter, kSum };

/// What JavaScript holds: the cell's offset in its stripe, 8 × its number, and in the lowest bit how the
/// stripe is chosen. So the hot path adds the id as it is.
using Id = uint32_t;
inline constexpr Id kByMmCid = 1;  ///< stripes are chosen by mm_cid rather than by cpu_id
inline constexpr uint32_t kIdShift = 3;

/// Results of create() and open() that are not an id.
inline constexpr int32_t kFull = -1;
inline constexpr int32_t kNoMemory = -2;
inline constexpr int32_t kOtherKind = -3;  ///< the name, or the cell, is of another kind or index

/// Maps the process's region on first use.
/// @return false without memory
bool ready();

/// A new cell without a name, zero in every stripe.
/// @param tag  kByMmCid or 0
int32_t create(Kind kind, Id tag);

/// The cell of that name, made if there was none; the same cell in every thread of the process.
/// @param length  1 to kMaxName
int32_t open(Kind kind, Id tag, const char* name, size_t length);

/// Whether a handle's id names a cell of that kind. @return id, or kOtherKind
int32_t check(Kind kind, Id id);

/// Random bits that tell this process's region from every other.
uint64_t nonce();

uint32_t used();

// --- the hot path: valid once create() or open() gave an id ------------------------------------------------

/// Where the cells are. Copied, for a section's memory clobber makes the compiler read globals again.
struct Stripes {
  char* base;
  uint32_t count;  ///< possible CPUs; the stripe of that number is the overflow stripe

  /// @param id  without kByMmCid
  template <typename T>
  T* cell(uint32_t stripe, Id id) const {
    return reinterpret_cast<T*>(base + stripe * kStripeBytes + id);
  }
};

#pragma GCC visibility push(hidden)  // reached directly, not through the GOT
extern constinit Stripes stripes;
#pragma GCC visibility pop

}  // namespace rseq::region
