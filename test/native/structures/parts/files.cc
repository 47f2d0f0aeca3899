/// Damaged region files, used in every way: nothing but results may come of it, and no other region's cells
/// change.
#include <inttypes.h>
#include <sys/resource.h>
#include <unistd.h>

#include "damage.h"
#include "objects/counter.h"
#include "objects/drain.h"
#include "objects/histogram.h"
#include "objects/pool.h"
#include "objects/ring.h"
#include "region/owners.h"

namespace structures {
namespace {

constexpr uint32_t kEntries = 16;
constexpr uint32_t kBeside = 64;

/// Cells of another region, next to those of the damaged one.
struct Bystander {
  Bystander() {
    number = region::create_memfd(8192);
    if (number <= 0) abort();
    for (uint32_t i = 0; i < kBeside; ++i) {
      all.push_back(
          make(static_cast<uint32_t>(number), region::Kind::kCounter, "beside" + std::to_string(i)));
      rseq::counter::add(all.back().held.id, int64_t{i});
    }
  }
  ~Bystander() {
    for (uint32_t i = 0; i < kBeside; ++i) {
      const int64_t value = rseq::counter::sum_i64(static_cast<uint32_t>(number), all[i].held);
      expect(value == i, "a cell of another region", value, i);
      close(all[i]);
    }
    region::close(static_cast<uint32_t>(number));
  }

  int32_t number;
  std::vector<Opened> all;
};

struct Use {
  uint32_t number;
  Random& random;

  /// What anybody does who holds something: of its kind, and as if it were of another.
  void operate(uint32_t entry) {
    const region::Held* found = region::held(number, entry);
    if (found == nullptr) return;
    const region::Held held = found->constants();
    const uint32_t id = held.id;
    operations += 8;
    rseq::counter::add(id, INT64_C(1));
    rseq::counter::add(id, 0.5);
    rseq::counter::sum_i64(number, held);
    if (held.kind == region::Kind::kHistogram) {
      rseq::histogram::record(id, 3.0);
      rseq::histogram::record_times(id, 1e9, 2);
      std::vector<double> out(rseq::histogram::out_size(held));
      rseq::histogram::read(number, held, id != region::kNoId, out.data());
    } else if (held.kind == region::Kind::kPool) {
      use_pool(held);
    } else if (held.kind == region::Kind::kRing) {
      use_ring(held);
    } else if (id != region::kNoId) {
      rseq::counter::drain_i64(number, held);
      rseq::counter::drain_f64(number, held);
      rseq::counter::set_gauge(id, 1);
    }
  }

  void use_pool(const region::Held& held) {
    rseq::pool::count_held(number, held);
    for (uint32_t slot = 0; slot < held.form; slot += 3)
      region::owners::pid(number, rseq::pool::owner(number, held, slot));
    rseq::pool::reclaim(number, held);
    int32_t slots[12];
    const int32_t got = rseq::pool::acquire_many(held.id, slots, 12);
    uint32_t at = 0;
    if (got > 0) rseq::pool::release_many(held.id, slots, static_cast<uint32_t>(got), &at);
    const uint32_t thread = region::owners::thread_word();
    const int32_t slot = rseq::pool::acquire(held.id, thread);
    uint64_t ticket = random.word();
    if (slot >= 0 && random.below(2) == 0)
      rseq::pool::hand_over(held.id, static_cast<uint32_t>(slot), &ticket);
    rseq::pool::adopt(held.id, ticket);
    if (slot >= 0) rseq::pool::release(held.id, static_cast<uint32_t>(slot), thread);
  }

  void use_ring(const region::Held& held) {
    rseq::drain::count(number, held);
    const std::vector<char> bytes(random.below(64));
    for (int i = 0; i < 4; ++i) {
      rseq::ring::write(held.id, 1, 2, 3, 4);
      rseq::ring::write_bytes(held.id, bytes.data(), bytes.size());
    }
    constexpr uint32_t kRecords = 4;
    std::vector<uint64_t> state(rseq::drain::state_words(region::stripes_of(number)));
    std::vector<uint64_t> out(size_t{rseq::drain::out_words(held)} * kRecords);
    const rseq::drain::Scratch scratch = {state.data(), state.size(), out.data(), out.size()};
    if (rseq::drain::begin(number, held, scratch) != 0) return;
    const int32_t count = rseq::drain::read(number, held, scratch, kRecords);
    if (count > 0) rseq::drain::advance(number, held, scratch, static_cast<uint32_t>(count));
    rseq::drain::end(number, held);
  }

  void by_name(region::Kind kind, const char* name) {
    const std::string text = name;
    const int32_t entry =
        region::open(number, kind, false, {text.data(), static_cast<uint32_t>(text.size())}, {nullptr, 0});
    if (entry < 0) return;
    operate(static_cast<uint32_t>(entry));
    region::release(number, static_cast<uint32_t>(entry));
  }

  void by_number(const region::Directory& directory, uint32_t i) {
    region::Entry entry;
    if (!directory.copy(i, &entry)) return;
    const int32_t adopted = region::adopt(number, entry.kind, entry.by_mm_cid != 0, i, entry.generation);
    if (adopted < 0) return;
    operate(i);
    region::release(number, i);
  }

  void all() {
    look(number);
    by_name(region::Kind::kCounter, "counter");
    by_name(region::Kind::kSum, "sum");
    by_name(region::Kind::kHistogram, "times");
    by_name(region::Kind::kHistogram, "bounds");
    by_name(region::Kind::kPool, "pool");
    by_name(region::Kind::kRing, "ring");
    by_name(region::Kind::kRing, "over");
    region::Info info;
    if (!region::info(number, &info)) return;
    for (uint32_t i = 0; i < kEntries; ++i) by_number(*info.directory, i);
    for (const char* name : {"counter", "another", ""}) {
      const Opened made = make(number, region::Kind::kCounter, name);
      if (!made.exists()) continue;
      operate(made.entry);
      close(made);
    }
    region::check(number);
    operations += 30;
  }
};

struct Outcomes {
  uint64_t attached = 0;
  uint64_t refused = 0;
};

void use_one(Image& image, uint32_t seed, bool read_only, Outcomes& outcomes) {
  Random random(seed);
  image.restore();
  if (random.below(8) != 0) image.damage(random, false);
  const int32_t attached = region::attach(image.path().c_str(), read_only);
  ++operations;
  if (attached < 0) {
    ++outcomes.refused;
    return;
  }
  ++outcomes.attached;
  Use use = {.number = static_cast<uint32_t>(attached), .random = random};
  use.all();
  // Somebody else writes to it while it is open.
  image.damage(random, true);
  use.all();
  const int32_t closed = region::close(static_cast<uint32_t>(attached));
  expect(closed == 0, "closed", closed);
}

}  // namespace

void use_damaged(uint32_t count, uint32_t seed) {
  Image image;
  Outcomes outcomes;
  const Bystander beside;
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t before = violations;
    // A crash is of the last one that was said.
    if (i % 1000 == 0) fprintf(stderr, "damaged files from seed %" PRIu32 " on\n", seed + i);
    use_one(image, seed + i, (seed + i) % 4 == 0, outcomes);
    if (violations != before) fprintf(stderr, "that was seed %" PRIu32 "\n", seed + i);
  }
  printf("{\"files\":%" PRIu32 ",\"seed\":%" PRIu32 ",\"attached\":%" PRIu64 ",\"refused\":%" PRIu64 "}\n",
         count, seed, outcomes.attached, outcomes.refused);
}

}  // namespace structures
