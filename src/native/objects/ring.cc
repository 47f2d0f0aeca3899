#include "objects/ring.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/clock.h"
#include "objects/counter.h"
#include "objects/records.h"
#include "region/owners.h"

namespace rseq::ring {
namespace {

using records::Ring;
using records::Shape;
using sequences::Outcome;

uint64_t load(const uint64_t* cell) { return __atomic_load_n(cell, __ATOMIC_RELAXED); }

/// Whether a record at `head` would be one more than fit. Acquire: pairs with the consumer's store of the
/// limit, which it makes when it has copied what is written over from then on.
bool is_full(Shape shape, const uint64_t* run, uint64_t head) {
  return !shape.overwrites() &&
         head - __atomic_load_n(run + records::kLimit, __ATOMIC_ACQUIRE) >= shape.capacity();
}

[[gnu::always_inline]] inline uint64_t* slot(Shape shape, uint64_t* run, uint64_t position) {
  return run + records::kSlots + (position & (shape.capacity() - 1)) * shape.slot();
}

/// One try to be the owner. @param owner  who is, where it fails
bool exchange(uint64_t* lock, uint64_t* owner, uint64_t self) {
  return __atomic_compare_exchange_n(lock, owner, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/// Bounded: some milliseconds where the owner lives and does not go on. It needs a microsecond, unless it was
/// preempted, or stopped.
/// @param lock  an owner word, or 0
bool take(uint32_t region, uint64_t* lock, uint64_t self) {
  constexpr int kTurns = 64;
  constexpr int kPauses = 100;
  constexpr struct timespec kPause = {.tv_sec = 0, .tv_nsec = 50'000};
  for (int i = 0; i < kTurns + kPauses; ++i) {
    uint64_t owner = 0;
    if (exchange(lock, &owner, self)) return true;
    if (i < kTurns) {
      syscall(SYS_sched_yield);
      continue;
    }
    // What the dead left half written was not committed: the head is as it was, or one more.
    if (!region::owners::lives(region, owner) && exchange(lock, &owner, self)) return true;
    nanosleep(&kPause, nullptr);
  }
  return false;
}

/// With the lock. @return whether there was room
bool write_locked(Shape shape, uint64_t* run, uint64_t* record, uint32_t words) {
  const uint64_t head = load(run + records::kHead);
  if (is_full(shape, run, head)) return false;
  if (shape.is_timed()) record[records::kTime] = clock::now();
  // As sequences::append() does: the commit before this one is visible before what follows.
  __atomic_thread_fence(__ATOMIC_RELEASE);
  uint64_t* to = slot(shape, run, head);
  for (uint32_t i = 0; i < words; ++i) __atomic_store_n(to + i, record[i], __ATOMIC_RELAXED);
  __atomic_store_n(run + records::kHead, head + 1, __ATOMIC_RELEASE);
  return true;
}

[[gnu::noinline]] Verdict write_overflow(Ring ring, uint64_t* record, uint32_t words) {
  auto* run = arena::stripes.cell<uint64_t>(arena::stripes.count, ring.cell());
  uint64_t* lock = run + records::kWriter;
  uint64_t self = region::owners::word(ring.region());
  if (self == 0) return kUnfit;
  bool written = false;
  if (take(ring.region(), lock, self)) {
    written = write_locked(ring.shape(), run, record, words);
    // Nobody takes it from the living: but the word can be hostile.
    __atomic_compare_exchange_n(lock, &self, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
  }
  if (!written) __atomic_fetch_add(run + records::kDiscarded, 1, __ATOMIC_RELAXED);
  return written ? kWritten : kDiscarded;
}

/// One attempt on this thread's stripe.
/// @param record     [records::kTime] is filled here
/// @param discarded  there was no room: that was counted in its place
/// @return kMoved also where the stripe is out of bounds: no rseq on this thread
RSEQ_SECTION Outcome attempt(const arena::Stripes& stripes, abi::Area* area, Ring ring, uint64_t* record,
                             uint32_t words, bool* discarded) {
  const Shape shape = ring.shape();
  const uint32_t stripe = abi::load(&area->cpu_id);
  if (stripe >= stripes.count) [[unlikely]]
    return Outcome::kMoved;
  auto* run = stripes.cell<uint64_t>(stripe, ring.cell());
  const uint64_t head = load(run + records::kHead);
  *discarded = is_full(shape, run, head);
  if (*discarded) [[unlikely]]
    return sequences::add(area, &area->cpu_id, stripe, reinterpret_cast<int64_t*>(run + records::kDiscarded),
                          INT64_C(1));
  // After the head: the record before this one was committed by then, and had its time before. So of a
  // stripe's records none is older than the one before it.
  if (shape.is_timed()) record[records::kTime] = clock::now();
  return sequences::append(area, &area->cpu_id, stripe, run + records::kHead, head, slot(shape, run, head),
                           record, words);
}

/// Counts an abort of what attempt() tried.
void count(Outcome outcome, bool discarded) {
  if (outcome == Outcome::kAborted)
    counter::count_abort(discarded ? sequences::Section::kAdd : sequences::Section::kAppend);
}

/// Attempts, after one that failed or was not made, and the overflow path at last.
[[gnu::noinline]] Verdict append_again(Ring ring, uint64_t* record, uint32_t words, Outcome outcome,
                                       bool discarded) {
  abi::Area* area = area::current();
  count(outcome, discarded);
  for (int i = 0; i < counter::kAttempts && abi::load(&area->cpu_id) < arena::stripes.count; ++i) {
    outcome = attempt(arena::stripes, area, ring, record, words, &discarded);
    if (outcome == Outcome::kCommitted) return discarded ? kDiscarded : kWritten;
    count(outcome, discarded);
  }
  return write_overflow(ring, record, words);
}

}  // namespace

Verdict write(uint32_t id, double a, double b, double c, double d) {
  const int64_t offset = __atomic_load_n(&area::libc_offset, __ATOMIC_RELAXED);
  const arena::Stripes stripes = arena::copy();
  const Ring ring = records::rings.at(id);
  const Shape shape = ring.shape();
  if (!ring.exists() || shape.is_bytes()) [[unlikely]]
    return kUnfit;
  const double fields[records::kMaxFields] = {a, b, c, d};
  uint64_t record[1 + records::kMaxFields];
  record[records::kTime] = 0;
  memcpy(record + 1, fields, sizeof fields);
  const uint32_t words = 1 + shape.size();
  auto outcome = Outcome::kMoved;
  bool discarded = false;
  if (offset != 0) [[likely]] {
    auto* area = reinterpret_cast<abi::Area*>(abi::thread_pointer() + offset);
    outcome = attempt(stripes, area, ring, record, words, &discarded);
    if (outcome == Outcome::kCommitted) [[likely]]
      return discarded ? kDiscarded : kWritten;
  }
  return append_again(ring, record, words, outcome, discarded);
}

Verdict write_bytes(uint32_t id, const void* bytes, size_t length) {
  const Ring ring = records::rings.at(id);
  const Shape shape = ring.shape();
  if (!ring.exists() || !shape.is_bytes() || length > shape.size()) return kUnfit;
  uint64_t record[records::kMaxWords];
  const uint32_t words = Shape::words_of(static_cast<uint32_t>(length));
  record[records::kTime] = 0;
  record[records::kLength] = length;
  if (words != 0) record[records::kLength + words] = 0;  // the last one's rest
  if (length != 0) memcpy(record + shape.before(), bytes, length);
  return append_again(ring, record, shape.before() + words, Outcome::kMoved, false);
}

}  // namespace rseq::ring
