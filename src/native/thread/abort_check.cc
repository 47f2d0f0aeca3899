#include "thread/abort_check.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "kernel/clock.h"
#include "kernel/cpu.h"
#include "kernel/kernel.h"
#include "sections/sequences.h"
#include "thread/area.h"
#include "thread/trust.h"

namespace rseq::abort_check {
namespace {

/// Of the first try.
constexpr uint64_t kLimitNs = 50'000'000;
/// A machine that is too busy for the two threads to meet in that time may be less so later, or let them meet
/// in a longer one: pauses double, a quarter of an hour in all, and tries do as far as the longest, less than
/// four seconds of a CPU in all.
constexpr uint64_t kLongestNs = 400'000'000;
constexpr int kTries = 11;
constexpr time_t kFirstPauseS = 1;
/// Between two changes of the word; the timer's slack makes it about twice that.
constexpr long kPauseNs = 100'000;
/// Aborts across a change after which sections are trusted. One change without an abort refutes them.
constexpr int kEnough = 4;

enum class Verdict : uint8_t { kAborted, kNotAborted, kUndecided };

/// The two threads share a CPU: while the watcher's section runs, the bumper cannot, unless the kernel has
/// taken the CPU from the watcher, and then it must abort the section.
struct Experiment {
  uint32_t word = 0;
  bool over = false;
};

void* bump(void* argument) {
  auto* experiment = static_cast<Experiment*>(argument);
  const struct timespec pause = {.tv_sec = 0, .tv_nsec = kPauseNs};
  while (!__atomic_load_n(&experiment->over, __ATOMIC_RELAXED)) {
    __atomic_fetch_add(&experiment->word, 1, __ATOMIC_RELAXED);
    nanosleep(&pause, nullptr);
  }
  return nullptr;
}

/// Until enough sections were aborted across a change, or one was not, or `deadline`.
Verdict watch(abi::Area* area, uint32_t cpu, const Experiment& experiment, uint64_t deadline) {
  int aborted = 0;
  while (aborted < kEnough && clock::now() < deadline) {
    uint32_t left = 0;
    const uint32_t before = abi::load(&experiment.word);
    switch (sequences::watch(area, &area->cpu_id, cpu, &experiment.word, &left)) {
      case sequences::Outcome::kCommitted:
        if (left != 0) return Verdict::kNotAborted;
        break;
      case sequences::Outcome::kAborted:
        if (abi::load(&experiment.word) != before) ++aborted;
        break;
      case sequences::Outcome::kMoved:
        break;
    }
  }
  return aborted == kEnough ? Verdict::kAborted : Verdict::kUndecided;
}

/// Settles as any other thread of the process does, stays on its CPU, and starts the bumper there. What
/// cannot be tried is not trusted.
Verdict watch_and_bump(uint64_t limit) {
  const uint64_t deadline = clock::now() + limit;
  abi::Area* area = area::settle().area;
  if (area == nullptr) return Verdict::kNotAborted;
  const uint32_t cpu = abi::load(&area->cpu_id);
  if (cpu::stay_on(cpu) != 0) return Verdict::kNotAborted;
  Experiment experiment;
  pthread_t bumper;
  if (pthread_create(&bumper, nullptr, bump, &experiment) != 0) return Verdict::kUndecided;
  const Verdict verdict = watch(area, cpu, experiment, deadline);
  __atomic_store_n(&experiment.over, true, __ATOMIC_RELAXED);
  pthread_join(bumper, nullptr);
  return verdict;
}

struct Try {
  uint64_t limit;
  Verdict verdict;
};

void* watcher(void* argument) {
  auto* one = static_cast<Try*>(argument);
  area::attach();
  one->verdict = watch_and_bump(one->limit);
  area::release();
  return nullptr;
}

/// In a thread of its own, which stays on one CPU and holds an area for no longer than that.
Verdict try_for(uint64_t limit) {
  Try one = {.limit = limit, .verdict = Verdict::kUndecided};
  pthread_t thread;
  if (pthread_create(&thread, nullptr, watcher, &one) == 0) pthread_join(thread, nullptr);
  return one.verdict;
}

void* run(void*) {
  uint64_t limit = kLimitNs;
  struct timespec pause = {.tv_sec = kFirstPauseS, .tv_nsec = 0};
  Verdict verdict = try_for(limit);
  for (int tries = 1; verdict == Verdict::kUndecided && tries < kTries; ++tries) {
    nanosleep(&pause, nullptr);
    pause.tv_sec *= 2;
    if (limit < kLongestNs) limit *= 2;
    verdict = try_for(limit);
  }
  trust::answer(verdict == Verdict::kAborted);
  return nullptr;
}

}  // namespace

void begin() {
  static bool begun = false;
  if (!kernel::suspicion().sections || __atomic_exchange_n(&begun, true, __ATOMIC_RELAXED)) return;
  // The threads inherit that all signals are blocked: handlers are for the program's own threads, and a
  // signal aborts sections where a preemption does not (aarch64 7.0.10 to 7.0.13).
  sigset_t all;
  sigset_t before;
  pthread_t thread;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&thread, nullptr, run, nullptr);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error == 0) {
    pthread_detach(thread);
  } else {
    trust::answer(false);
  }
}

}  // namespace rseq::abort_check
