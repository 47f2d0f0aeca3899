/// How often, and for how long, the CPU is taken from a thread that does nothing but read the clock.
///
/// A gap is the time between two neighbouring readings, where it is longer than a threshold: nothing of the
/// thread ran in between. Context switches tell two causes apart: either another thread had the CPU, or
/// something did that is no thread: an interrupt, the hypervisor, the firmware.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace rseq::noise {

/// Lets every other thread of the calling thread's group (cgroup, session) go first, from now on: it has the
/// CPU while nobody else wants it. A thread that competed would cut what others do into pieces, and see
/// these.
/// @return 0 or errno
/// Source: sched(7), SCHED_IDLE.
int stand_back();

/// A call lasts no longer, so that the thread can be ended: it is ended between two calls only.
constexpr uint64_t kLongestNs = 100'000'000;

/// As far as the last call came. Times are in nanoseconds, begun and ended since the origin.
struct Totals {
  double begun;          ///< of the first call
  double ended;          ///< of the last one
  double watched;        ///< for so long the thread has watched; what lies between two calls is not in it
  double unfit;          ///< gaps for which there was no room any more
  double unfit_time;     ///< how long all of them were
  double unfit_longest;  ///< … and the longest
};

struct Gap {
  double start;  ///< since the origin
  double length;
  double cause;  ///< 1: another thread had the CPU; 0: no thread had
};

/// What a call is given. Whoever shares the memory can look at it meanwhile.
struct Order {
  uint64_t origin;      ///< by clock.h's clock
  uint64_t deadline;    ///< since the origin
  uint64_t threshold;   ///< gaps that are longer are written down
  uint32_t cpu;         ///< where the thread is to stay
  const int32_t* stop;  ///< not 0: the end
  uint32_t* written;    ///< gaps in the list; stored behind each one's numbers (release)
  Totals* totals;       ///< what is added to
  Gap* gaps;            ///< one after the other
  size_t room;          ///< gaps that fit
};

enum Outcome : int32_t {
  kRefused = -1,  ///< there are more gaps than fit: not this module's memory
  kGoesOn = 0,    ///< kLongestNs is over
  kOver = 1,      ///< the deadline is reached, or somebody stopped it
  kMoved = 2,     ///< the thread is on another CPU, or where it is cannot be told
};

/// Watches until one of the outcomes. Writes to preemption::record(), but for its first three numbers.
Outcome watch(const Order& order);

}  // namespace rseq::noise
