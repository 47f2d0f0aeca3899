#include "region/owners.h"

#include "region/lock.h"
#include "region/table.h"

namespace rseq::region::owners {
namespace {

constexpr uint32_t kShared = kThreadSlots - 1;
constexpr uint32_t kTurns = 1U << (kThreadBits - kThreadSlotBits);

/// Of each thread slot: the turn of its last thread. Changed by that thread, or where there is none, with
/// `lock`.
uint32_t turns[kThreadSlots];
bool taken[kThreadSlots];
pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

constexpr uint32_t kNone = ~UINT32_C(0);
constinit thread_local uint32_t self = kNone;

[[gnu::noinline]] uint32_t begin_thread() {
  const Guard guard(lock);
  uint32_t slot = 0;
  while (slot < kShared && __atomic_load_n(&taken[slot], __ATOMIC_ACQUIRE)) ++slot;
  if (slot < kShared) {
    __atomic_store_n(&turns[slot], (turns[slot] + 1) % kTurns, __ATOMIC_RELAXED);
    __atomic_store_n(&taken[slot], true, __ATOMIC_RELEASE);
  }
  self = turns[slot] << kThreadSlotBits | slot;
  return self;
}

bool thread_lives(uint32_t thread) {
  const uint32_t slot = thread % kThreadSlots;
  if (slot == kShared) return true;
  return __atomic_load_n(&taken[slot], __ATOMIC_ACQUIRE) &&
         __atomic_load_n(&turns[slot], __ATOMIC_RELAXED) == thread >> kThreadSlotBits;
}

struct Parts {
  explicit Parts(uint64_t word)
      : process(static_cast<uint32_t>((word & ~kHandedOver) >> (kThreadBits + kIncarnationBits))),
        incarnation(static_cast<uint32_t>(word >> kThreadBits) & ((1U << kIncarnationBits) - 1)),
        thread(static_cast<uint32_t>(word)) {}

  uint32_t process;
  uint32_t incarnation;
  uint32_t thread;
};

/// Whether that incarnation has the slot.
bool is_in(const Directory& directory, const Parts& parts) {
  return parts.process < directory.sizes.processes && parts.incarnation != 0 &&
         load(&directory.processes[parts.process].incarnation) == parts.incarnation;
}

}  // namespace

static_assert(kMaxProcesses == 1U << (63 - kThreadBits - kIncarnationBits));

uint64_t process_word(const Directory& directory) {
  const uint64_t process = uint64_t{directory.process} << kIncarnationBits | directory.incarnation;
  return process << kThreadBits;
}

uint32_t thread_word() { return self != kNone ? self : begin_thread(); }

void end_thread() {
  if (self == kNone) return;
  // The shared slot is never taken, so that this changes nothing there.
  __atomic_store_n(&taken[self % kThreadSlots], false, __ATOMIC_RELEASE);
  // What the thread still does is a new thread's.
  self = kNone;
}

uint64_t word(uint32_t region) {
  const Region* found = active(region);
  if (found == nullptr || found->read_only) return 0;
  return process_word(found->directory) | thread_word();
}

bool lives(uint32_t region, uint64_t word) {
  const Region* found = active(region);
  const Parts parts(word);
  if (found == nullptr) return false;
  // Its own copy: others can write to the region's. No incarnation is 0, so that nobody's word lives nowhere.
  if (!found->read_only && parts.process == found->directory.process)
    return parts.incarnation == found->directory.incarnation &&
           (is_handed_over(word) || thread_lives(parts.thread));
  // A next process says its incarnation before it has the lock: looked at again, the lock was not that one's.
  return is_in(found->directory, parts) && lock::is_alive(found->directory.fd, parts.process) &&
         is_in(found->directory, parts);
}

uint32_t pid(uint32_t region, uint64_t word) {
  const Region* found = active(region);
  const Parts parts(word);
  if (found == nullptr || !is_in(found->directory, parts)) return 0;
  return load(&found->directory.processes[parts.process].pid);
}

}  // namespace rseq::region::owners
