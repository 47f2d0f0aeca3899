/// This thread's rseq area: found, registered or refused once, and then read by every operation.
///
/// One probe gives a thread its registration and its reason. Whether libc owns the areas is a fact of the
/// process (libc_offset); an area of our own is a fact of the thread (own_area). Both are always safe to
/// use: where there is nothing to use, current() gives the parked area, whose ids are out of range, so
/// that the bounds check which every operation makes anyway sends it to the overflow path.
///
/// A thread that libc does not register gets its own area's memory when the addon is loaded into it, so
/// that JavaScript can hold one view for the thread's life; the registration comes with the first use.
#pragma once

#include <stdint.h>

#include "kernel/abi.h"

namespace rseq::area {

enum class Registration : uint8_t { kNone, kLibc, kSelf, kForeign };

enum class Reason : uint8_t {
  kOk,
  kEnosys,           ///< the kernel has no rseq, or something says so in its place
  kEperm,            ///< refused with EPERM: a seccomp filter
  kRefused,          ///< refused with another errno
  kLibcHidden,       ///< libc registered this thread and does not say where
  kForeignOwner,     ///< somebody else registered this thread
  kUntrustedKernel,  ///< what the area says is not so, or sections are not aborted
  kNoMemory,
  kUnregistered,  ///< unregister() was called on this thread
  kThreadEnding,  ///< the thread's environment is being torn down
};

/// What is known of the calling thread.
struct State {
  bool settled;
  bool sections;  ///< critical sections may run in `area`
  bool awaited;   ///< … or may, once the abort check says that they are aborted
  bool node_id;   ///< node_id agreed with getcpu
  Registration registration;
  Reason reason;
  int error;                 ///< the errno behind the reason, or 0
  abi::Area* area;           ///< readable and registered, or null
  uint32_t size;             ///< live bytes of `area`
  uint32_t flags;            ///< libc's __rseq_flags, or 0
  uint32_t registered_size;  ///< the length that the kernel was given
};

/// The memory that this thread's ids appear in once it is settled: libc's area, or the thread's own, whose
/// cpu_id is negative until it is registered and after it was unregistered. Registers nothing.
struct View {
  abi::Area* area;  ///< null where there is nothing to look at
  uint32_t size;
};
View view();

/// Probes on the thread's first call, and gives the same answer after that. Registers an area of our own
/// where libc has registered none. Never pins or otherwise changes the thread.
const State& settle();

/// As settle(), after trying again where the thread has no area: undoes unregister_thread().
const State& register_thread();

/// Unregisters an area of our own; leaves any other as it is. The thread's operations take the overflow
/// path until register_thread().
const State& unregister_thread();

/// An addon instance begins on this thread; release() ends it. A module can be loaded into a thread more
/// than once: the last release() counts.
void attach();

/// The instance's environment ends: unregisters an area of our own, gives its memory back to the pool if
/// the kernel agreed, and leaves a state in which every later call on this thread takes the overflow path.
/// @return whether it was the thread's last instance; else nothing was done
bool release();

// --- the hot path ---------------------------------------------------------------------------------------

#pragma GCC visibility push(hidden)  // reached directly, not through the GOT
/// Thread-pointer offset of libc's area, or 0 where sections must not use it.
extern int64_t libc_offset;
/// mm_cid is live in every area that current() can give.
extern bool mm_cid_live;
/// A parked area as well: of threads whose sections await the abort check.
extern constinit abi::Area awaiting;
/// This thread's own or foreign area, or a parked one.
extern constinit thread_local abi::Area* own_area;
#pragma GCC visibility pop

/// Takes the abort check's answer for this thread, if there is one by now.
void look_again();

/// The area that this thread's sections run in, never null.
inline abi::Area* current() {
  const int64_t offset = __atomic_load_n(&libc_offset, __ATOMIC_RELAXED);
  if (offset != 0) [[likely]]
    return reinterpret_cast<abi::Area*>(abi::thread_pointer() + offset);
  if (own_area == &awaiting) [[unlikely]]
    look_again();
  return own_area;
}

}  // namespace rseq::area
