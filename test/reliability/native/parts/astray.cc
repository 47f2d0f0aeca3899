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
    expect(make(file.number, Kind::kCounter, kUntouched).exists(), "made");
  }
  ~Chain() { region::release(file.number, 0); }
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  void make_neighbour() { beside_ = make(file.number, Kind::kCounter, neighbour_); }
  void remove_neighbour() const { close(beside_); }
  /// In its place, but of another chain.
  void move_neighbour() {
    remove_neighbour();
    beside_ = make(file.number, Kind::kCounter, "elsewhere");
    expect(beside_.entry == 1 && bucket("elsewhere") != chain_, "in its place", beside_.entry, 1);
  }

  /// By who only looks on.
  void open() const {
    const int32_t found =
        region::open(file.looked_at, Kind::kCounter, false, bytes_of(kUntouched), kNoLabels);
    if (found != 0) expect(false, "an untouched name", found, 0);
  }
  void close_again() const { region::release(file.looked_at, 0); }
  /// What opens it, in fewer instructions.
  void search() const {
    region::Entry found;
    const int32_t number = looking_->search(bytes_of(kUntouched), kNoLabels, &found);
    if (number != 0) expect(false, "an untouched name", number, 0);
  }

  RegionFile file;

 private:
  static inline const std::string kUntouched = "u";

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
