/// Removals beside who reads, and changes of chains beside who looks: on two threads, each with an open file
/// description of its own.
#include <unistd.h>

#include <thread>

#include "metrics/survey.h"
#include "objects/counter.h"
#include "protocols.h"
#include "region_file.h"

namespace structures {
namespace {

namespace survey = rseq::survey;
using region::Bytes;
using region::Directory;
using region::Kind;

constexpr Bytes kNoLabels = {nullptr, 0};

Bytes bytes_of(const std::string& text) { return {text.data(), static_cast<uint32_t>(text.size())}; }

/// Another process, on a thread of its own, that changes something until the race is over.
class Changer {
 public:
  /// @param change  (directory, turn)
  template <typename Change>
  Changer(const RegionFile& file, Change change) : directory_(*file.directory) {
    directory_.fd = file.path.open();
    expect_result(directory_.join(), 0, "joined");
    thread_ = std::thread([this, change] {
      for (uint32_t turn = 0; !over_; ++turn, ++turns_) change(directory_, turn);
    });
  }
  ~Changer() { ::close(directory_.fd); }
  Changer(const Changer&) = delete;
  Changer& operator=(const Changer&) = delete;

  /// @return how often it has changed something
  uint64_t end() {
    over_ = true;
    thread_.join();
    return turns_;
  }

 private:
  Directory directory_;
  std::atomic<bool> over_ = false;
  std::atomic<uint64_t> turns_ = 0;
  std::thread thread_;
};

uint32_t make_by(Directory& directory, const std::string& name) {
  region::Description wanted = {
      .kind = Kind::kCounter, .by_mm_cid = false, .cells = 1, .shape = 0, .texts = {}};
  wanted.texts[region::kName] = bytes_of(name);
  region::Entry entry;
  const int32_t number = directory.make(wanted, &entry);
  expect(number >= 0, "made", number);
  return static_cast<uint32_t>(number);
}

constexpr int64_t kDrained = 1000;

int64_t left_by(uint32_t generation) { return 1 + generation % 500; }

/// An owner counts, drains, and goes.
void count_and_go(Directory& directory, uint32_t) {
  const uint32_t number = make_by(directory, "n");
  const region::Entry& entry = directory.entries[number];
  const uint32_t baseline = directory.sizes.stripes + 1;
  __atomic_store_n(directory.cell(0, entry.cell), kDrained + left_by(entry.generation), __ATOMIC_RELAXED);
  __atomic_store_n(directory.cell(baseline, entry.cell), kDrained, __ATOMIC_RELEASE);
  directory.let_go(number, false);
}

/// Where an owner was seen: it never goes back.
class Owner {
 public:
  /// @return whether that owner can have said that
  bool can_say(uint32_t generation, double value) {
    if (generation != generation_) stage_ = 0;
    generation_ = generation;
    const auto left = static_cast<double>(left_by(generation));
    for (; stage_ < 3; ++stage_) {
      const double said[] = {0, kDrained + left, left};
      if (value == said[stage_]) return true;
    }
    return false;
  }

 private:
  uint32_t generation_ = 0;
  uint32_t stage_ = 0;
};

/// A name, by who only looks on.
int32_t open_by_name(const RegionFile& file, const std::string& name) {
  return region::open(file.looked_at, Kind::kCounter, false, bytes_of(name), kNoLabels);
}

}  // namespace

Figures race_removing(uint64_t rounds, uint32_t) {
  const RegionFile file;
  Changer changer(file, count_and_go);
  uint64_t wrong = 0;
  uint64_t seen = 0;
  Owner surveyed;
  Owner looked_at;
  int32_t entry = -1;
  uint32_t generation = 0;
  double numbers[100];
  for (uint64_t round = 0; round < rounds; ++round) {
    if (round % 2 == 0) {
      const uint32_t number = round % 4 == 0 ? file.number : file.looked_at;
      const size_t count = survey::read(number, *info_of(number).directory, numbers, 100);
      if (count == survey::kFirst) continue;
      const double* head = numbers + survey::kFirst;
      ++seen;
      const auto of = static_cast<uint32_t>(head[survey::kGeneration]);
      if (!surveyed.can_say(of, head[survey::kHead])) ++wrong;
      continue;
    }
    if (entry < 0) {
      entry = open_by_name(file, "n");
      if (entry < 0) continue;
      generation = region::regions[file.looked_at].held[entry].generation;
    }
    const auto which = static_cast<uint32_t>(entry);
    const double value = region::read(file.looked_at, which, -1e9, [&](const region::Held& held) {
      return static_cast<double>(rseq::counter::sum_i64(file.looked_at, held));
    });
    if (value == -1e9) {
      region::release(file.looked_at, which);
      entry = -1;
    } else {
      ++seen;
      if (!looked_at.can_say(generation, value)) ++wrong;
    }
  }
  if (entry >= 0) region::release(file.looked_at, static_cast<uint32_t>(entry));
  return {rounds, wrong, {{"seen", seen}, {"removed", changer.end()}}};
}

Figures race_looking(uint64_t rounds, uint32_t seed) {
  const RegionFile file;
  const std::string untouched = "untouched" + std::to_string(seed);
  const uint32_t entries = file.directory->sizes.entries;
  const uint32_t chain = region::hash_of(bytes_of(untouched), kNoLabels) % entries;
  std::string beside;
  for (uint32_t i = 0; beside.empty(); ++i) {
    const std::string name = std::to_string(i);
    if (region::hash_of(bytes_of(name), kNoLabels) % entries == chain) beside = name;
  }
  const Opened kept = make(file.number, Kind::kCounter, untouched);
  Changer changer(file, [&](Directory& directory, uint32_t turn) {
    const uint32_t number = make_by(directory, turn % 2 == 0 ? beside : "elsewhere");
    if (turn % 8 == 0) directory.header->dirty = 1;
    directory.let_go(number, false);
  });
  uint64_t wrong = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    const int32_t found = open_by_name(file, untouched);
    if (found != static_cast<int32_t>(kept.entry)) ++wrong;
    if (found >= 0) region::release(file.looked_at, static_cast<uint32_t>(found));
  }
  const uint64_t changes = changer.end();
  close(kept);
  return {rounds, wrong, {{"changes", changes}}};
}

}  // namespace structures
