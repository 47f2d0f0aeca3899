/// Who lets go of an entry while another process opens it as something else, or keeps the directory locked.
#include <fcntl.h>
#include <unistd.h>

#include "harness.h"
#include "region/lock.h"
#include "region_file.h"
#include "steps.h"

namespace structures {
namespace {

namespace lock = rseq::region::lock;
using region::Bytes;
using region::Kind;

constexpr Bytes kName = {"n", 1};
constexpr Bytes kNoLabels = {nullptr, 0};

#if STRUCTURES_STEPS

/// Another process that has the same region, and a counter in it that is its alone.
class Closer {
 public:
  explicit Closer(const RegionFile& file) : directory_(*file.directory) {
    directory_.fd = file.path.open();
    expect_result(directory_.join(), 0, "joined");
    region::Description wanted = {
        .kind = Kind::kCounter, .by_mm_cid = false, .cells = 1, .shape = 0, .texts = {}};
    wanted.texts[region::kName] = kName;
    region::Entry entry;
    expect_result(directory_.make(wanted, &entry), 0, "made");
  }
  ~Closer() { ::close(directory_.fd); }
  Closer(const Closer&) = delete;
  Closer& operator=(const Closer&) = delete;

  bool is_locked_out() const {
    constexpr int kGetLock = 36;
    struct flock found = {};
    found.l_type = F_WRLCK;
    found.l_whence = SEEK_SET;
    found.l_len = 1;
    expect(fcntl(directory_.fd, kGetLock, &found) == 0, "asked for the lock");
    return found.l_type != F_UNLCK;
  }
  void close_last() {
    if (!has_closed_) expect_result(directory_.let_go(0, false), 0, "closed by the last one");
    has_closed_ = true;
  }
  bool has_closed() const { return has_closed_; }

 private:
  region::Directory directory_;
  bool has_closed_ = false;
};

/// Whoever opens it as another kind leaves nothing behind, whenever its last closer closes.
template <typename Opening>
void close_beside(Opening opening) {
  uint32_t calls = 0;
  for (uint32_t at = 1; at == 1 || at <= calls; ++at) {
    const RegionFile file;
    Closer closer(file);
    int32_t result = 0;
    calls = 0;
    in_steps([&] { result = opening(file); },
             [&] {
               if (was_call()) ++calls;
               if (calls == at && !closer.has_closed() && !closer.is_locked_out()) closer.close_last();
             });
    expect_result(result, region::kOtherKind, "opened as another kind");
    closer.close_last();
    expect(!file.exists(0) && !file.is_held(0), "closed by the last one: gone", at);
  }
  expect(calls >= 2, "the lock is taken and given", calls);
}

void open_as_another() {
  close_beside([](const RegionFile& file) { return file.open(Kind::kSum, "n"); });
  close_beside([](const RegionFile& file) { return file.adopt(0, Kind::kGauge); });
  close_beside([](const RegionFile& file) {
    region::Description wanted = {
        .kind = Kind::kCounter, .by_mm_cid = true, .cells = 1, .shape = 0, .texts = {}};
    wanted.texts[region::kName] = kName;
    return region::make(file.number, wanted);
  });
}

#else

void open_as_another() {}

#endif

/// Somebody who keeps the directory locked.
class Locker {
 public:
  explicit Locker(const RegionFile& file) : fd_(file.path.open()) {
    expect_result(lock::take_directory(fd_, 5000), 0, "locked");
  }
  ~Locker() { ::close(fd_); }
  Locker(const Locker&) = delete;
  Locker& operator=(const Locker&) = delete;

 private:
  int fd_;
};

/// What could not be let go of is let go of by the next change that has the lock, and not by what needs none.
template <typename Change>
void close_late(Change change) {
  const RegionFile file;
  make(file.number, Kind::kCounter, "before them");
  const Opened kept = make(file.number, Kind::kCounter, "kept");
  const Opened named = make(file.number, Kind::kCounter, "n");
  const Opened nameless = make(file.number, Kind::kHistogram, "", 0, {1, 2});
  make(file.number, Kind::kGauge, "to be closed");
  on_threads(1, [&](uint32_t) { make(file.number, Kind::kCounter, "left by a thread"); });
  {
    const Locker locker(file);
    expect_result(region::release(file.number, named.entry), region::kBusy, "closed");
    expect_result(region::release(file.number, named.entry), region::kClosed, "closed twice");
    expect_result(region::release(file.number, nameless.entry), region::kBusy, "closed");
    expect_result(static_cast<int32_t>(make(file.number, Kind::kSum, "m").entry), region::kBusy, "made");
    expect(file.exists(named.entry) && file.is_held(named.entry), "it waits");
  }
  expect_result(file.open(Kind::kCounter, "kept"), static_cast<int32_t>(kept.entry), "opened again");
  close(kept);
  expect(file.exists(named.entry) && file.exists(nameless.entry), "no change yet");
  change(file);
  for (const Opened& one : {named, nameless})
    expect(!file.exists(one.entry) && !file.is_held(one.entry), "gone with the next change", one.entry);
  expect(file.exists(kept.entry) && region::regions[file.number].waiting == 0, "nothing else");
  for (uint32_t i = 0; i < 8; ++i) region::release(file.number, i);
}

/// What is opened again meanwhile is held as ever.
void open_late() {
  const RegionFile file;
  const Opened named = make(file.number, Kind::kCounter, "n");
  const Opened nameless = make(file.number, Kind::kCounter, "");
  int64_t* cell = region::cell_of(file.number, named.held, 0, 0);
  *cell = 7;
  {
    const Locker locker(file);
    for (const Opened& one : {named, nameless})
      expect_result(region::release(file.number, one.entry), region::kBusy, "closed");
    expect_result(file.open(Kind::kCounter, "n"), region::kBusy, "opened while it waits");
  }
  expect_result(file.open(Kind::kSum, "n"), region::kOtherKind, "opened as another kind");
  expect(!file.exists(named.entry) && !file.exists(nameless.entry), "gone with that");
  const Opened again = make(file.number, Kind::kCounter, "n");
  *cell = 7;
  {
    const Locker locker(file);
    expect_result(region::release(file.number, again.entry), region::kBusy, "closed");
  }
  expect_result(file.open(Kind::kCounter, "n"), static_cast<int32_t>(again.entry), "opened again");
  expect(region::regions[file.number].waiting == 0, "it waits no more");
  close(make(file.number, Kind::kCounter, "another change"));
  expect(file.exists(again.entry) && *cell == 7, "as it was");
  expect_result(region::release(file.number, again.entry), 0, "closed");
  expect(!file.exists(again.entry), "gone");
}

/// What a thread had that ended.
void end_late() {
  const RegionFile file;
  const Locker* locker = nullptr;
  on_threads(1, [&](uint32_t) {
    make(file.number, Kind::kCounter, "");
    locker = new Locker(file);
  });
  delete locker;
  expect(file.exists(0), "it waits");
  expect_result(file.open(Kind::kCounter, "n"), region::kAbsent, "another change");
  expect(!file.exists(0), "gone with that");
}

void wait_for_lock() {
  region::patience = 2;
  close_late([](const RegionFile& file) { make(file.number, Kind::kCounter, "more"); });
  close_late([](const RegionFile& file) { file.open(Kind::kCounter, "none of that name"); });
  close_late([](const RegionFile& file) { region::release(file.number, 4); });
  close_late([](const RegionFile& file) { expect_result(file.adopt(5), 5, "opened by its number"); });
  open_late();
  end_late();
  region::patience = region::kPatience;
}

}  // namespace

void let_go_late() {
  on_threads(1, [](uint32_t) { open_as_another(); });
  in_process([] { on_threads(1, [](uint32_t) { wait_for_lock(); }); });
  operations += 50;
}

}  // namespace structures
