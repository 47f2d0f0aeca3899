/// Processes that share a region by its file, and of which some are killed while they count, hold slots and
/// write.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "objects/counter.h"
#include "objects/drain.h"
#include "objects/histogram.h"
#include "objects/pool.h"
#include "objects/ring.h"
#include "region/owners.h"

namespace structures {
namespace {

constexpr uint32_t kCells = 65536;
constexpr uint32_t kChildren = 4;
constexpr uint32_t kSlots = 16;

/// What each child has done for certain: in a file of its own, so that a kill takes nothing away.
using Acknowledged = std::atomic<uint64_t>;

Acknowledged* acknowledged_in(const std::string& file, bool create) {
  const std::string path = file + ".acknowledged";
  const int fd = ::open(path.c_str(), O_RDWR | (create ? O_CREAT : 0), 0600);
  constexpr size_t kBytes = kChildren * sizeof(Acknowledged);
  if (fd < 0 || ftruncate(fd, kBytes) != 0) abort();
  void* memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (memory == MAP_FAILED) abort();
  return static_cast<Acknowledged*>(memory);
}

struct Shared {
  explicit Shared(uint32_t number)
      : count(make(number, region::Kind::kCounter, "count")),
        samples(make(number, region::Kind::kHistogram, "samples", 0, {1, 2, 3})),
        pool(make(number, region::Kind::kPool, "pool", kSlots)),
        ring(make(number, region::Kind::kRing, "ring", ring_shape(10, 3, true))) {}

  bool exists() const { return count.exists() && samples.exists() && pool.exists() && ring.exists(); }

  Opened count, samples, pool, ring;
};

pid_t start(const std::string& file, uint32_t number) {
  return start_again({"child", file, std::to_string(number)});
}

/// Records that survived the writers: each whole.
void drain_all(const Opened& ring) {
  constexpr uint32_t kRecords = 256;
  std::vector<uint64_t> state(rseq::drain::state_words(region::stripes_of(ring.region)));
  std::vector<uint64_t> out(size_t{rseq::drain::out_words(ring.held)} * kRecords);
  const rseq::drain::Scratch scratch = {state.data(), state.size(), out.data(), out.size()};
  expect(rseq::drain::begin(ring.region, ring.held, scratch) == 0, "begun");
  for (int32_t count = 1; count > 0;) {
    count = rseq::drain::read(ring.region, ring.held, scratch, kRecords);
    for (int32_t i = 0; i < count; ++i) {
      const uint64_t* record = out.data() + static_cast<size_t>(i) * rseq::drain::out_words(ring.held);
      const auto* fields = reinterpret_cast<const double*>(record + rseq::drain::kOutPayload);
      expect(fields[0] + fields[1] == fields[2], "a record is torn", static_cast<int64_t>(fields[2]));
      ++operations;
    }
    if (count > 0) rseq::drain::advance(ring.region, ring.held, scratch, static_cast<uint32_t>(count));
  }
  rseq::drain::end(ring.region, ring.held);
}

}  // namespace

int live(const char* file, uint32_t number) {
  rseq::area::attach();
  const int32_t attached = region::attach(file, false);
  if (attached < 0) return 2;
  const Shared all(static_cast<uint32_t>(attached));
  if (!all.exists()) return 3;
  Acknowledged* acknowledged = acknowledged_in(file, false);
  const uint32_t thread = region::owners::thread_word();
  for (uint64_t i = 0;; ++i) {
    rseq::counter::add(all.count.held.id, INT64_C(1));
    acknowledged[number].store(i + 1);
    rseq::histogram::record(all.samples.held.id, static_cast<int32_t>(i % 5));
    const int32_t slot = rseq::pool::acquire(all.pool.held.id, thread);
    rseq::ring::write(all.ring.held.id, number, static_cast<double>(i), number + static_cast<double>(i), 0);
    uint64_t ticket = 0;
    // Some are killed with a slot on its way.
    if (slot >= 0 && i % 4 == 0) {
      rseq::pool::hand_over(all.pool.held.id, static_cast<uint32_t>(slot), &ticket);
      rseq::pool::adopt(all.pool.held.id, ticket);
    }
    if (slot >= 0) rseq::pool::release(all.pool.held.id, static_cast<uint32_t>(slot), thread);
    const Opened name = make(all.count.region, region::Kind::kCounter, i % 2 == 0 ? "common" : "");
    if (name.exists()) close(name);
    // The parent is gone.
    if (i % 256 == 0 && getppid() == 1) return 0;
  }
}

void die(const Round& round) {
  const std::string file = folder() + "/dying" + std::to_string(round.seed);
  const int32_t created = region::create_file(file.c_str(), kCells);
  expect(created > 0, "a file", created);
  if (created <= 0) return;
  const Shared all(static_cast<uint32_t>(created));
  expect(all.exists(), "made");
  Acknowledged* acknowledged = acknowledged_in(file, true);
  pid_t children[kChildren];
  for (uint32_t i = 0; i < kChildren; ++i) children[i] = start(file, i);
  Random random(round.seed);
  uint64_t certain = 0;
  for (uint32_t i = 0; i < kChildren; ++i) {
    // Each is killed where it happens to be, once it has begun.
    for (int turns = 0; acknowledged[i].load() == 0 && turns < 20000; ++turns) usleep(1000);
    usleep(random.below(3000));
    rseq::counter::sum_i64(all.count.region, all.count.held);
    rseq::pool::reclaim(all.pool.region, all.pool.held);
    kill(children[i], SIGKILL);
    int status = 0;
    waitpid(children[i], &status, 0);
    expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "a child ended by itself", status);
    expect(acknowledged[i].load() > 0, "a child has begun");
    certain += acknowledged[i].load();
  }
  // One more for each that was killed between its add and its word.
  const auto counted = static_cast<uint64_t>(rseq::counter::drain_i64(all.count.region, all.count.held));
  expect(counted >= certain && counted <= certain + kChildren, "acknowledged", static_cast<int64_t>(counted),
         static_cast<int64_t>(certain));
  operations += certain * 8;
  rseq::pool::reclaim(all.pool.region, all.pool.held);
  expect(rseq::pool::count_held(all.pool.region, all.pool.held) == 0, "slots of the dead");
  drain_all(all.ring);
  munmap(acknowledged, kChildren * sizeof(Acknowledged));
  for (const Opened& one : {all.count, all.samples, all.pool, all.ring}) close(one);
  expect(region::close(all.count.region) == 0, "closed");
  unlink(file.c_str());
}

}  // namespace structures
