/// Copies of an entry, and looks behind a read, while one owner follows another between any two instructions.
#include "directory_memory.h"
#include "metrics/survey.h"
#include "objects/counter.h"
#include "region_file.h"
#include "steps.h"

namespace structures {

#if STRUCTURES_STEPS

namespace {

namespace survey = rseq::survey;
using region::Entry;

constexpr double kAbsent = -1e9;
constexpr uint32_t kNumber = 3;
constexpr uint32_t kFirst = 7;  ///< the first owner's generation

/// An entry with two owners, one after the other, of whose fields nothing is the same.
struct Owners {
  Owners() : directory(memory.directory()) {}
  ~Owners() { DirectoryMemory::leave(directory); }
  Owners(const Owners&) = delete;
  Owners& operator=(const Owners&) = delete;

  Entry& entry() const { return directory.entries[kNumber]; }
  void fill(uint32_t generation) const {
    Entry& one = entry();
    one.cell = one.shape = generation;
    one.cells = generation;
    one.text = generation;
    one.kind = region::Kind::kCounter;
  }
  void live(uint32_t generation) const {
    fill(generation);
    entry().generation = generation;
    region::set_state(entry(), region::kLive);
  }
  /// The first one is gone, and of the second one the first field is written.
  void begin_second() const {
    entry().generation = kFirst + 1;
    region::set_state(entry(), region::kFree);
    entry().cell = kFirst + 1;
  }
  void end_second() const { live(kFirst + 1); }

  /// A copy is one owner's, or none.
  void copy() const {
    Entry copied;
    if (!directory.copy(kNumber, &copied)) return;
    const uint32_t of = copied.generation;
    const bool is_one = copied.cell == of && copied.cells == of && copied.text == of && copied.shape == of;
    if (!is_one) expect(false, "of two owners", copied.cell, of);
  }

  DirectoryMemory memory{false};
  region::Directory directory;
};

/// One is gone and the next one there, or the next one is half made and then whole, between any two
/// instructions of a copy.
void change_in_copies(uint32_t seed) {
  const Owners owners;
  with_change_at_each(
      "a copy while one follows another", [&] { owners.live(kFirst); }, [&] { owners.copy(); },
      [&] {
        owners.begin_second();
        owners.end_second();
      },
      {2, seed});
  with_change_at_each(
      "a copy of what is half made",
      [&] {
        owners.live(kFirst);
        owners.begin_second();
      },
      [&] { owners.copy(); }, [&] { owners.end_second(); }, {2, seed});
}

/// A removal was under way when values were read. At any instruction of the look behind them it is over, and
/// there is a next owner.
void end_between_looks() {
  const Owners owners;
  with_change_at_each(
      "a look behind a read",
      [&] {
        owners.live(kFirst);
        region::set_state(owners.entry(), region::kRemoving);
      },
      [&] {
        if (owners.directory.still(kNumber, kFirst)) expect(false, "what is removed is still there");
      },
      [&] {
        owners.begin_second();
        owners.end_second();
      });
}

/// Between any two instructions of who reads a drained counter, a removal begins: it has said so, and set a
/// CPU's cell to zero. The generation is the old one still.
template <typename Read>
void begin_beside(const char* what, Stride stride, Read read) {
  constexpr int64_t kDrained = 1000;
  const RegionFile file;
  const Opened one = make(file.number, region::Kind::kCounter, "n");
  expect_result(region::adopt(file.looked_at, region::Kind::kCounter, false, 0, one.held.generation), 0,
                "looked at");
  const auto put = [&](region::State state, int64_t count) {
    region::set_state(file.entry(0), state);
    *region::cell_of(file.number, one.held, 0, 0) = count;
  };
  *region::cell_of(file.number, one.held, region::stripes_of(file.number) + 1, 0) = kDrained;
  uint32_t absent = 0;
  uint32_t found = 0;
  with_change_at_each(
      what, [&] { put(region::kLive, kDrained + 7); },
      [&] {
        const double value = read(file);
        ++(value == 7 ? found : absent);
        if (value != 7 && value != kAbsent) expect(false, what, static_cast<int64_t>(value), 7);
      },
      [&] { put(region::kRemoving, 0); }, stride);
  expect(found > 0 && absent > 1, "there, and then not", found, absent);
  put(region::kLive, kDrained);
  region::release(file.looked_at, 0);
  close(one);
}

void begin_in_reads(uint32_t seed) {
  begin_beside("a read of what is removed", {kInstructions, seed}, [](const RegionFile& file) {
    return region::read(file.looked_at, 0, kAbsent, [&](const region::Held& held) {
      return static_cast<double>(rseq::counter::sum_i64(file.looked_at, held));
    });
  });
  begin_beside("a survey of what is removed", {16, seed}, [](const RegionFile& file) {
    double numbers[survey::kFirst + survey::kHead + 1];
    const size_t count = survey::read(file.looked_at, *file.directory, numbers, std::size(numbers));
    return count == survey::kFirst ? kAbsent : numbers[survey::kFirst + survey::kHead];
  });
}

/// Two names of one hash, one after the other in the same entry: what is found is the entry of that name.
void look_for_next(uint32_t seed) {
  Own own;
  Entry found;
  int32_t number = own.make("declinate");
  const auto name = [](const char* text) { return region::Bytes{text, 9}; };
  bool is_next = false;
  const auto follow = [&](const char* next) {
    own.directory.let_go(0, false);
    number = own.make(next);
    expect(number == 0, "in the same place", number);
  };
  with_change_at_each(
      "a look for the next one",
      [&] {
        if (is_next) follow("declinate");
        is_next = false;
      },
      [&] {
        const int32_t looked = own.directory.look(name("macallums"), {nullptr, 0}, &found);
        const bool is_right = looked < 0 || found.generation == own.at(0).generation;
        if (!is_right) expect(false, "the one before", found.generation, own.at(0).generation);
      },
      [&] {
        follow("macallums");
        is_next = true;
      },
      {4, seed});
}

}  // namespace

void succeed(const Round& round) {
  look_for_next(round.seed);
  change_in_copies(round.seed);
  end_between_looks();
  on_threads(1, [&round](uint32_t) { begin_in_reads(round.seed); });
}

#else

void succeed(const Round&) {}

#endif

}  // namespace structures
