/// A directory's lock that somebody keeps: how long others wait, and what they leave for later.
#include <unistd.h>

#include <chrono>
#include <thread>

#include "harness.h"
#include "region/lock.h"
#include "region_file.h"
#include "steps.h"
#include "thread/area.h"

namespace structures {
namespace {

namespace lock = rseq::region::lock;
using region::Kind;

/// Who has something else to do waits 40 ms. A machine that does something else is given time; the five
/// seconds of a start are not.
constexpr double kLeast = 0.04;
constexpr double kMost = 1;
constexpr uint32_t kMany = 20;

/// Another process that keeps the lock: to the kernel, another description of the file.
class Holder {
 public:
  explicit Holder(const RegionFile& file) : fd_(file.path.open()) {
    expect(lock::try_directory(fd_), "the lock");
  }
  ~Holder() { ::close(fd_); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

 private:
  int fd_;
};

template <typename Work>
double seconds(Work work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  return took.count();
}

void expect_seconds(double took, double least, double most, const char* what) {
  if (took >= least && took <= most) return;
  fprintf(stderr, "%s: %.3f s, expected %.3f to %.3f\n", what, took, least, most);
  expect(false, what);
}

int32_t try_make(const RegionFile& file, const char* name) {
  return static_cast<int32_t>(make(file.number, Kind::kCounter, name).entry);
}

/// One wait for all threads of the process, until one of them has the lock again.
void wait_once() {
  const RegionFile file;
  region::patience = region::kShortPatience;
  const uint32_t& waited = region::regions[file.number].directory.waited;
  expect(waited == 0, "a lock that nobody has");
  {
    const Holder holder(file);
    double took = seconds([&] { expect_result(try_make(file, "a"), region::kBusy, "the first"); });
    expect_seconds(took, kLeast, kMost, "the first wait");
    expect(waited == region::kShortPatience, "known to be stuck", waited);
    took = seconds([&] {
      for (uint32_t i = 0; i < kMany; ++i) expect_result(try_make(file, "a"), region::kBusy, "the next");
      on_threads(1, [&](uint32_t) {
        region::patience = region::kShortPatience;
        expect_result(try_make(file, "b"), region::kBusy, "another thread");
      });
    });
    expect_seconds(took, 0, kMany * kLeast / 2, "no more waits");
    expect(waited == region::kShortPatience, "still stuck", waited);
  }
  expect(try_make(file, "a") >= 0 && waited == 0, "a lock that comes free");
  {
    const Holder holder(file);
    const double took = seconds([&] { expect_result(try_make(file, "b"), region::kBusy, "again"); });
    expect_seconds(took, kLeast, kMost, "it is waited for again");
    // What was waited for in vain counts, for who has more patience.
    region::patience = 4 * region::kShortPatience;
    for (const double least : {3 * kLeast, 0.0}) {
      const double more = seconds([&] { expect_result(try_make(file, "b"), region::kBusy, "and again"); });
      expect_seconds(more, least, least == 0 ? 3 * kLeast : kMost, "the rest of it, and no more");
    }
  }
  region::patience = region::kPatience;
  expect(try_make(file, "b") >= 0, "made");
  for (uint32_t i = 0; i < 2; ++i) region::release(file.number, i);
}

/// Who does not wait finds out nothing about others who would.
void try_only() {
  const RegionFile file;
  const uint32_t& waited = region::regions[file.number].directory.waited;
  region::patience = 0;
  {
    const Holder holder(file);
    const double took = seconds([&] {
      for (uint32_t i = 0; i < kMany; ++i) expect_result(try_make(file, "a"), region::kBusy, "tried");
    });
    expect_seconds(took, 0, kMany * kLeast / 2, "tries");
    expect(waited == 0, "nobody has waited", waited);
  }
  expect(try_make(file, "a") >= 0, "a try that succeeds");
  region::patience = region::kPatience;
  region::release(file.number, 0);
}

/// A process that joins has no requests to answer, and waits longer than a change does.
void join_patiently() {
  const RegionFile file;
  in_process([&] {
    Holder* holder = new Holder(file);
    std::thread thread([&] {
      usleep(300'000);
      delete holder;
    });
    region::Directory other = *file.directory;
    other.fd = file.path.open();
    expect_result(other.join(), 0, "joined in the end");
    thread.join();
  });
}

/// A thread that ends waits for nothing, whatever it had.
void end_at_once() {
  const RegionFile file;
  const region::Region& own = region::regions[file.number];
  const region::Info info = info_of(file.number);
  const auto have_many = [&] {
    rseq::area::attach();
    region::find(info.nonce, info.inode);
    for (uint32_t i = 0; i < kMany; ++i) make(file.number, Kind::kCounter, "");
    make(file.number, Kind::kCounter, "named");
  };
  Holder* holder = nullptr;
  double took = 0;
  std::thread thread([&] {
    have_many();
    holder = new Holder(file);
    took = seconds([] { region::end_thread(); });
    rseq::area::release();
  });
  thread.join();
  expect_seconds(took, 0, kMany * kLeast / 2, "the end of a thread");
  expect(own.waiting == kMany, "what has no name waits", own.waiting, kMany);
  delete holder;
  expect(file.exists(0) && file.exists(kMany), "there still");
  const Opened named = make(file.number, Kind::kCounter, "named");
  expect(named.entry == kMany && own.waiting == 0, "the next change", named.entry, kMany);
  for (uint32_t i = 0; i < kMany; ++i) expect(!file.exists(i) && !file.is_held(i), "gone with that", i);
  close(named);
#if STRUCTURES_STEPS
  // In one hold: the lock is taken once, and given once.
  uint32_t calls = 0;
  std::thread([&] {
    have_many();
    in_steps([] { region::end_thread(); },
             [&] {
               if (was_call()) ++calls;
             });
    rseq::area::release();
  }).join();
  expect(calls >= 2 && calls < kMany, "one hold", calls, 2);
  expect(!file.exists(0) && file.exists(kMany), "gone, but for the name");
#endif
}

/// The last one of a process that has the region waits a little: nobody lets go of it later.
void end_last() {
  const Path path("stuck-last");
  in_process([&] {
    const uint32_t number = opened(path.create(), "a region");
    for (uint32_t i = 0; i < kMany; ++i) make(number, Kind::kCounter, "");
    const int other = path.open();
    expect(lock::try_directory(other), "the lock");
    std::thread gives([&] {
      usleep(10'000);
      ::close(other);
    });
    region::end_thread();
    gives.join();
    _exit(structures::violations == 0 ? 0 : 1);
  });
  const uint32_t number = opened(path.attach(true), "the same region");
  expect(info_of(number).entries_used == 0, "what had no name is gone", info_of(number).entries_used);
  region::close(number);
}

int32_t make_gauge(const RegionFile& file, const char* name, const std::string& labels,
                   Kind kind = Kind::kGauge) {
  region::Description wanted = {.kind = kind, .by_mm_cid = false, .cells = 1, .shape = 0, .texts = {}};
  wanted.texts[region::kName] = {name, 1};
  wanted.texts[region::kLabels] = {labels.data(), static_cast<uint32_t>(labels.size())};
  return region::make(file.number, wanted);
}

/// What dead processes have left and nobody could say any more, and nothing else.
void remove_dead() {
  const RegionFile file;
  const auto remove = [](uint32_t number) { return region::remove_dead_gauges(number, {"mark", 4}); };
  on_threads(1, [&](uint32_t) {
    for (const char* labels : {"mark", "a mark", "mark b", "", "mar", "mar k"}) make_gauge(file, "g", labels);
    make_gauge(file, "c", "mark", Kind::kCounter);
  });
  const int32_t held = make_gauge(file, "h", "mark");
  {
    const Holder holder(file);
    const double took = seconds([&] { expect_result(remove(file.number), region::kBusy, "tried"); });
    expect_seconds(took, 0, kMany * kLeast / 2, "no wait");
  }
  expect_result(remove(file.looked_at), region::kReadOnly, "only looked at");
  expect_result(remove(region::kMaxRegions), region::kClosed, "no region");
  expect_result(remove(file.number), 3, "those with the mark");
  for (uint32_t i = 0; i < 7; ++i) expect(file.exists(i) == (i >= 3), "removed, or not", i);
  expect(file.exists(static_cast<uint32_t>(held)), "what somebody has open");
  expect_result(remove(file.number), 0, "no more");
  region::release(file.number, static_cast<uint32_t>(held));
}

}  // namespace

void get_stuck() {
  // By the only thread: ThreadSanitizer has no threads in copies of a process that has several.
  join_patiently();
  end_last();
  on_threads(1, [](uint32_t) {
    wait_once();
    try_only();
    end_at_once();
    remove_dead();
  });
  operations += 100;
}

}  // namespace structures
