/// What looks, repairs and deaths allocate of a region's file: nothing. And what is handed out has its pages.
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "objects/drain.h"
#include "objects/histogram.h"
#include "objects/pool.h"
#include "region/holes.h"
#include "region_file.h"

namespace structures {
namespace {

namespace holes = region::holes;
using region::Kind;

/// A small region in a memfd, as a tmpfs keeps it, which is open to count in, and only to look at.
struct Sparse {
  Sparse()
      : number(opened(region::create_memfd(2 * kFewestCells), "a memfd")),
        looked_at(opened(region::attach(path().c_str(), true), "only to look at")),
        directory(info_of(number).directory) {}
  ~Sparse() {
    region::close(number);
    region::close(looked_at);
  }
  Sparse(const Sparse&) = delete;
  Sparse& operator=(const Sparse&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(region::descriptor(number)); }
  bool is_held(uint32_t which) const {
    std::vector<uint64_t> words(which / 64 + 1);
    directory->held_by_the_living(words.data(), static_cast<uint32_t>(words.size()));
    return (words[which / 64] >> which % 64 & 1) != 0;
  }

  uint32_t number;
  uint32_t looked_at;
  const region::Directory* directory;
};

/// Bytes of the file that have pages.
int64_t bytes_of(uint32_t number) {
  struct stat status = {};
  syscall(SYS_fstat, region::descriptor(number), &status);
  return status.st_blocks * 512;
}

/// Whether what is done to a region leaves its file as it is.
template <typename Work>
void expect_same(uint32_t number, const char* what, const Work& work) {
  const int64_t before = bytes_of(number);
  work();
  const int64_t after = bytes_of(number);
  expect(after == before, what, after, before);
}

/// Everything in a region, by one who counts in it and one who only looks.
void look_at_all() {
  const Sparse file;
  const uint32_t number = file.number;
  std::vector<Opened> all;
  for (int i = 0; i < 100; ++i) all.push_back(make(number, Kind::kCounter, "counter" + std::to_string(i)));
  const Opened times = make(number, Kind::kHistogram, "times", 6, {1e-3, 1e3});
  const Opened pool = make(number, Kind::kPool, "pool", 2000);
  const Opened ring = make(number, Kind::kRing, "ring", ring_shape(8, 2, false));
  const auto values = [&](uint32_t of, const Opened& one) {
    std::vector<double> out(rseq::histogram::out_size(times.held));
    if (one.held.kind == Kind::kHistogram) rseq::histogram::read(of, one.held, false, out.data());
    if (one.held.kind == Kind::kCounter) rseq::counter::sum_i64(of, one.held);
    if (one.held.kind == Kind::kPool) rseq::pool::count_held(of, one.held);
    if (one.held.kind == Kind::kRing) rseq::drain::count(of, one.held);
  };
  for (const uint32_t of : {number, file.looked_at}) {
    expect_same(number, "a look", [&] { look(of); });
    expect_same(number, "a name that is not there", [&] {
      for (int i = 0; i < 64; ++i) {
        const std::string name = "none" + std::to_string(i);
        region::open(of, Kind::kCounter, false, {name.data(), static_cast<uint32_t>(name.size())},
                     {nullptr, 0});
      }
    });
    expect_same(number, "a number of nobody's", [&] { region::adopt(of, Kind::kCounter, false, 4000, 0); });
    for (const Opened& one : {all[7], times, pool, ring}) {
      // Who only looks has no ids.
      Opened as_read = one;
      if (of != number) as_read.held.id = region::kNoId;
      expect_same(number, "a value", [&] { values(of, as_read); });
    }
  }
  std::vector<double> out(rseq::histogram::out_size(times.held));
  expect_same(number, "a drain of nothing",
              [&] { rseq::histogram::read(number, times.held, true, out.data()); });
  expect_same(number, "counters", [&] {
    for (const Opened& one : all) rseq::counter::add(one.held.id, INT64_C(1));
  });
  expect_same(number, "removals", [&] {
    for (const Opened& one : all) close(one);
    close(times);
    close(pool);
    close(ring);
  });
}

/// All pages of a short run, in every stripe; of a pool those that say whose its slots are.
void have_room() {
  const Sparse file;
  const Opened one = make(file.number, Kind::kCounter, "one");
  const Opened wide = make(file.number, Kind::kHistogram, "wide", 8, {1e-6, 1e6});
  const Opened pool = make(file.number, Kind::kPool, "pool", 4096);
  const uint32_t stripes = region::stripes_of(file.number);
  const auto touched = [&](const Opened& opened, uint32_t stripe) {
    const int64_t before = bytes_of(file.number);
    *region::cell_of(file.number, opened.held, stripe, opened.held.cells / 2) = 1;
    const bool has_grown = bytes_of(file.number) != before;
    *region::cell_of(file.number, opened.held, stripe, opened.held.cells / 2) = 0;
    return has_grown;
  };
  for (uint32_t stripe = 0; stripe < stripes + 2; ++stripe) {
    expect(!touched(one, stripe), "a counter has its page", stripe);
    expect(touched(wide, stripe), "a wide histogram pays when it is touched", stripe);
  }
  expect(!touched(pool, stripes), "owners of slots have their pages");
  for (const Opened& opened : {one, wide, pool}) close(opened);
}

/// A repair, and a process that comes, look at maps that are holes.
void repair_sparse() {
  const Sparse file;
  const uint32_t number = file.number;
  const Opened kept = make(number, Kind::kCounter, "kept");
  rseq::counter::add(kept.held.id, INT64_C(5));
  file.directory->header->dirty = 1;
  // The place that the next process takes is one's own, so that it has its page.
  expect_same(number, "a repair", [&] {
    const Opened nameless = make(number, Kind::kCounter, "");
    close(nameless);
  });
  expect(file.directory->header->dirty == 0, "it was made");
  expect(rseq::counter::sum_i64(number, kept.held) == 5, "what was counted");
  expect(file.is_held(kept.entry), "held still");
  close(kept);
}

/// A map beside what a file has.
void map_holes() {
  const Sparse file;
  const uint32_t per = holes::kCellsPerGrain;
  holes::Map map(*file.directory, 0, 4 * per);
  expect(map.is_nowhere(0) && map.is_hole(1, 0, 4 * per) && !map.is_whole(0, 1), "nothing at first");
  *file.directory->cell(1, 2 * per + 3) = 7;
  expect(!map.has(1, 2 * per), "as it was");
  expect(map.look(), "there is more");
  expect(!map.look(), "and no more than that");
  expect(map.has(1, 2 * per) && map.has(1, 3 * per - 1), "the page");
  expect(!map.has(1, 2 * per - 1) && !map.has(1, 3 * per) && !map.has(0, 2 * per), "those beside");
  expect(!map.is_hole(1, 2 * per - 1, 2) && map.is_hole(1, 0, 2 * per), "of runs");
  expect(!map.is_nowhere(2 * per) && map.is_nowhere(per), "of cells");
  const uint32_t stripes = region::stripes_of(file.number) + 2;
  for (uint32_t stripe = 0; stripe < stripes; ++stripe) {
    expect(!map.is_whole(2 * per, 1), "one is missing", stripe);
    *file.directory->cell(stripe, 2 * per) = 7;
    map.look();
  }
  expect(map.is_whole(2 * per, per) && !map.is_whole(2 * per, per + 1), "none is");
  const holes::Map later(*file.directory, 2 * per + 5, 1);
  expect(later.is_whole(2 * per + 5, 1), "of a run within a page");
}

}  // namespace

void leave_holes() {
  map_holes();
  look_at_all();
  have_room();
  repair_sparse();
  operations += 500;
}

}  // namespace structures
