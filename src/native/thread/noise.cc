#include "thread/noise.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/abi.h"
#include "kernel/clock.h"
#include "kernel/cpu.h"
#include "thread/area.h"
#include "thread/preemption.h"

namespace rseq::noise {
namespace {

/// Words of eight bytes that another thread reads while they are written.
void store(double* word, double value) { __atomic_store(word, &value, __ATOMIC_RELAXED); }

/// Which CPU the thread is on: a load where there is an area, else libc's answer.
class Place {
 public:
  /// Cheap enough for every turn? @return true where that cannot be told
  bool is(uint32_t cpu) const { return area_ == nullptr || abi::load(&area_->cpu_id) == cpu; }
  bool is_really(uint32_t cpu) const {
    return area_ != nullptr ? is(cpu) : cpu::sched_getcpu() == static_cast<int>(cpu);
  }

 private:
  const abi::Area* area_ = area::settle().area;
};

/// The thread's context switches so far.
uint32_t switches() {
  preemption::count_switches();
  const preemption::Record* record = preemption::record();
  return record->voluntary + record->involuntary;
}

class List {
 public:
  explicit List(const Order& order)
      : order_(order), count_(__atomic_load_n(order.written, __ATOMIC_RELAXED)) {}

  bool fits() const { return count_ <= order_.room; }

  void add(uint64_t start, uint64_t length, bool switched) {
    const auto ns = static_cast<double>(length);
    if (count_ == order_.room) {
      Totals& totals = *order_.totals;
      store(&totals.unfit, totals.unfit + 1);
      store(&totals.unfit_time, totals.unfit_time + ns);
      if (ns > totals.unfit_longest) store(&totals.unfit_longest, ns);
      return;
    }
    Gap& gap = order_.gaps[count_];
    store(&gap.start, static_cast<double>(start));
    store(&gap.length, ns);
    store(&gap.cause, switched ? 1 : 0);
    __atomic_store_n(order_.written, ++count_, __ATOMIC_RELEASE);
  }

 private:
  const Order& order_;
  uint32_t count_;
};

}  // namespace

int stand_back() {
  constexpr int kIdle = 5;  // SCHED_IDLE, which needs _GNU_SOURCE in some libraries
  const int32_t priority = 0;
  return syscall(SYS_sched_setscheduler, 0, kIdle, &priority) == 0 ? 0 : errno;
}

Outcome watch(const Order& order) {
  List list(order);
  if (!list.fits()) return kRefused;
  const Place place;
  if (!place.is_really(order.cpu)) return kMoved;
  uint32_t before = switches();

  const uint64_t begin = clock::now();
  const uint64_t most = begin + kLongestNs;
  const uint64_t deadline = order.origin + order.deadline;
  const uint64_t end = deadline < most ? deadline : most;
  uint64_t last = begin;
  bool stays = true;
  while (last < end && __atomic_load_n(order.stop, __ATOMIC_RELAXED) == 0) {
    const uint64_t now = clock::now();
    stays = place.is(order.cpu);
    if (!stays) break;
    if (now - last > order.threshold) [[unlikely]] {
      const uint32_t after = switches();
      list.add(last - order.origin, now - last, after != before);
      before = after;
      last = clock::now();  // writing it down is no gap
    } else {
      last = now;
    }
  }
  Totals& totals = *order.totals;
  if (totals.watched == 0) store(&totals.begun, static_cast<double>(begin - order.origin));
  store(&totals.ended, static_cast<double>(last - order.origin));
  store(&totals.watched, totals.watched + static_cast<double>(last - begin));
  if (!stays || !place.is_really(order.cpu)) return kMoved;
  return last < deadline && __atomic_load_n(order.stop, __ATOMIC_RELAXED) == 0 ? kGoesOn : kOver;
}

}  // namespace rseq::noise
