/// Looks for a name that nobody touches, by who has no lock to take, while chains change under them.
#include "harness.h"
#include "region_file.h"
#include "steps.h"

namespace structures {

#if STRUCTURES_STEPS

namespace {

using region::Bytes;
using region::Kind;

constexpr Bytes kNoLabels = {nullptr, 0};

Bytes bytes_of(const std::string& text) { return {text.data(), static_cast<uint32_t>(text.size())}; }

/// A file in which a name is found behind another one of the same chain.
class Chain {
 public:
  Chain() : chain_(bucket(kUntouched)) {
    for (uint32_t i = 0; neighbour_.empty(); ++i)
      if (bucket(std::to_string(i)) == chain_) neighbour_ = std::to_string(i);
    expect(make(file.number, Kind::kCounter, "").entry == 0, "nameless");
    expect(make(file.number, Kind::kCounter, kUntouched).entry == kNumber, "made");
    region::Entry found;
    expect_result(looking_->search({"", 0}, kNoLabels, &found), region::kAbsent, "what has no name");
  }
  ~Chain() {
    region::release(file.number, kNumber);
    region::release(file.number, 0);
  }
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  void make_neighbour() { beside_ = make(file.number, Kind::kCounter, neighbour_); }
  void remove_neighbour() const { close(beside_); }
  /// In its place, but of another chain.
  void move_neighbour() {
    remove_neighbour();
    beside_ = make(file.number, Kind::kCounter, "elsewhere");
    expect(beside_.entry == kNumber + 1 && bucket("elsewhere") != chain_, "in its place", beside_.entry);
  }

  /// By who only looks on.
  void open() const {
    const int32_t found =
        region::open(file.looked_at, Kind::kCounter, false, bytes_of(kUntouched), kNoLabels);
    if (found != kNumber) expect(false, "an untouched name", found, kNumber);
  }
  void close_again() const { region::release(file.looked_at, kNumber); }
  /// What opens it, in fewer instructions.
  void search() const {
    region::Entry found;
    const int32_t number = looking_->search(bytes_of(kUntouched), kNoLabels, &found);
    if (number != kNumber) expect(false, "an untouched name", number, kNumber);
  }

  RegionFile file;

 private:
  static inline const std::string kUntouched = "u";
  static constexpr int32_t kNumber = 1;

  uint32_t bucket(const std::string& name) const {
    return region::hash_of(bytes_of(name), kNoLabels) % file.directory->sizes.entries;
  }

  const region::Directory* looking_ = info_of(file.looked_at).directory;
  uint32_t chain_;
  std::string neighbour_;
  Opened beside_ = {};
};

/// The neighbour is removed, and made again in another chain, between any two instructions of the look.
void lead_astray(uint32_t seed) {
  Chain chain;
  bool moved = false;
  chain.make_neighbour();
  with_change_at_each(
      "a look beside changes",
      [&] {
        if (moved) {
          chain.remove_neighbour();
          chain.make_neighbour();
        }
        moved = false;
      },
      [&] { chain.search(); },
      [&] {
        chain.move_neighbour();
        moved = true;
      },
      {4, seed});
  chain.remove_neighbour();
}

/// … and at each instruction of a repair.
void look_beside_repair() {
  Chain chain;
  chain.make_neighbour();
  chain.file.directory->header->dirty = 1;
  uint32_t steps = 0;
  int32_t found = 0;
  in_steps([&] { found = chain.file.open(Kind::kCounter, "none of that name"); },
           [&] {
             ++steps;
             chain.open();
             chain.close_again();
           });
  expect_result(found, region::kAbsent, "a name that there is not");
  expect(chain.file.directory->header->dirty == 0 && steps > 1000, "repaired", steps);
  operations += steps;
  chain.remove_neighbour();
}

}  // namespace

void go_astray(const Round& round) {
  on_threads(1, [&round](uint32_t) {
    lead_astray(round.seed);
    look_beside_repair();
  });
}

#else

void go_astray(const Round&) {}

#endif

}  // namespace structures
