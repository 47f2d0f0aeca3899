/// One fill of a drain from rings in which anything stands, beside a plain model; and from rings that are
/// written to between its look and its copies.
#include <algorithm>

#include "harness.h"
#include "objects/drain_reader.h"

namespace structures {
namespace {

namespace drain = rseq::drain;
namespace records = rseq::records;

constexpr uint32_t kLog2 = 2;
constexpr uint64_t kCapacity = 1U << kLog2;
constexpr uint64_t kNever = ~UINT64_C(0);

/// What a record holds that is at a position of a stripe.
uint64_t value_of(uint32_t stripe, uint64_t position) { return uint64_t{stripe} << 32 | position; }

struct Found {
  uint64_t stripe;
  uint64_t position;
  uint64_t time;
  uint64_t value;
};

/// A ring, its memory, and a fill's.
class Rings {
 public:
  explicit Rings(uint32_t shape)
      : opened_(make(region::kProcess, region::Kind::kRing, "", shape)),
        runs(opened_.region, opened_.held),
        state(drain::state_words(runs.overflow)),
        out(size_t{drain::out_words(opened_.held)} * kCapacity * (runs.overflow + 1)) {
    set_times(kNever, kNever);
  }
  ~Rings() { close(opened_); }
  Rings(const Rings&) = delete;
  Rings& operator=(const Rings&) = delete;

  uint64_t& cell(uint32_t stripe, uint32_t which) const { return runs.of(stripe)[which]; }
  uint64_t& word(uint32_t stripe, uint64_t position, uint32_t which) const {
    return runs.of(stripe)[records::kSlots + position % kCapacity * runs.shape.slot() + which];
  }
  /// So that a stripe was consumed up to `tail`.
  void set_tail(uint32_t stripe, uint64_t tail) const { cell(stripe, records::kTails) = tail; }
  void write(uint32_t stripe, uint64_t time) const {
    const uint64_t position = cell(stripe, records::kHead)++;
    word(stripe, position, records::kTime) = time;
    word(stripe, position, runs.shape.before()) = value_of(stripe, position);
  }
  void set_times(uint64_t horizon, uint64_t later) {
    *drain::State(state.data()).horizon = horizon;
    *drain::State(state.data()).later = later;
  }
  drain::Reader reader() { return {runs, {state.data(), state.size(), out.data(), out.size()}}; }
  drain::Cursor& cursor(uint32_t i) { return drain::State(state.data()).cursors[i]; }

  std::vector<Found> fill(drain::Reader& reader, uint32_t most) {
    std::vector<Found> found;
    const uint32_t count = reader.fill(most);
    expect(count <= most, "more than were asked for", count, most);
    const size_t words = drain::out_words(opened_.held);
    for (size_t i = 0; i < count && i < most; ++i) {
      const uint64_t* record = out.data() + i * words;
      const double cpu = number_of(record[drain::kOutCpu]);
      found.push_back({.stripe = cpu < 0 ? runs.overflow : static_cast<uint64_t>(cpu),
                       .position = record[drain::kOutPosition],
                       .time = static_cast<uint64_t>(number_of(record[drain::kOutTime])),
                       .value = record[drain::kOutPayload]});
    }
    return found;
  }

 private:
  Opened opened_;

 public:
  drain::Runs runs;
  std::vector<uint64_t> state;
  std::vector<uint64_t> out;
};

/// Whether `found` is the oldest of what each stripe has, in the order of time.
void expect_oldest(const std::vector<Found>& found, const std::vector<std::vector<Found>>& stripes,
                   size_t most) {
  std::vector<uint64_t> times;
  for (const auto& stripe : stripes)
    for (const Found& one : stripe) times.push_back(one.time);
  std::sort(times.begin(), times.end());
  const size_t expected = std::min(times.size(), most);
  expect(found.size() == expected, "records of a fill", static_cast<int64_t>(found.size()),
         static_cast<int64_t>(expected));
  std::vector<size_t> next(stripes.size(), 0);
  for (size_t i = 0; i < std::min(found.size(), expected); ++i) {
    const Found& one = found[i];
    expect(one.time == times[i], "the oldest one", static_cast<int64_t>(one.time),
           static_cast<int64_t>(times[i]));
    const bool exists = one.stripe < stripes.size() && next[one.stripe] < stripes[one.stripe].size();
    expect(exists, "its stripe", static_cast<int64_t>(one.stripe));
    if (!exists) return;
    const Found& is = stripes[one.stripe][next[one.stripe]++];
    expect(one.position == is.position && one.time == is.time && one.value == is.value,
           "in its stripe's order", static_cast<int64_t>(one.position), static_cast<int64_t>(is.position));
  }
  operations += expected + 1;
}

/// Of what is there when it looks. Times are small, so that many are the same.
void read_anything(bool overwrites, Random& random) {
  Rings rings(ring_shape(kLog2, 1, overwrites));
  const uint64_t horizon = random.below(2) == 0 ? kNever : random.below(12);
  const uint64_t later = horizon == kNever ? kNever : horizon + random.below(4);
  rings.set_times(horizon, later);
  std::vector<uint64_t> ends;
  std::vector<std::vector<Found>> model;
  for (uint32_t stripe = 0; stripe <= rings.runs.overflow; ++stripe) {
    std::vector<Found> all;
    uint64_t time = random.below(4);
    for (uint32_t head = random.below(3) * random.below(6); all.size() < head; time += random.below(3)) {
      const uint64_t position = all.size();
      all.push_back({stripe, position, time, value_of(stripe, position)});
      rings.write(stripe, time);
    }
    const uint64_t head = all.size();
    const uint64_t tail = head - random.below(static_cast<uint32_t>(head) + 1);
    rings.set_tail(stripe, tail);
    // Some are made up.
    ends.push_back(random.below(4) == 0 ? head + 5 : random.below(static_cast<uint32_t>(head) + 1));
    if (random.below(9) == 0) ends.back() = random.below(2) == 0 ? kNever : kNever / 2;
    std::vector<Found>& here = model.emplace_back();
    const uint64_t most = overwrites ? kCapacity - 1 : kCapacity;
    // Behind the tail by so many, the end is one that was passed already.
    const uint64_t end = ends.back() == kNever ? 0 : std::min(ends.back(), head);
    for (uint64_t at = std::max(tail, head - std::min(head, most)); at < end; ++at) {
      if (all[at].time > horizon && all[at].time <= later) break;
      here.push_back(all[at]);
    }
  }
  const uint32_t most = random.below(2) == 0 ? 1000 : random.below(8);
  drain::Reader reader = rings.reader();
  reader.look(ends.data());
  expect_oldest(rings.fill(reader, most), model, most);
}

/// Records that are written over between its look and its copies are left out, and the newer ones are not.
void write_over() {
  for (uint32_t more = 0; more < 12; ++more) {
    Rings rings(ring_shape(kLog2, 1, true));
    std::vector<uint64_t> ends(rings.runs.overflow + 1, 5);
    std::vector<std::vector<Found>> model(ends.size());
    for (uint64_t i = 0; i < 5; ++i)
      for (const uint32_t stripe : {0U, rings.runs.overflow}) rings.write(stripe, 10 + i);
    drain::Reader reader = rings.reader();
    reader.look(ends.data());
    for (uint64_t i = 0; i < more; ++i) rings.write(0, 100 + i);
    // What is left of the newest three before the fifth.
    for (uint64_t at = 2; at < 5; ++at) {
      if (at + kCapacity > 5 + more) model[0].push_back({0, at, 10 + at, value_of(0, at)});
      model.back().push_back({rings.runs.overflow, at, 10 + at, value_of(rings.runs.overflow, at)});
    }
    expect_oldest(rings.fill(reader, 100), model, 100);
  }
}

/// Whoever has the region may write any time.
void meet_last_time() {
  Rings rings(ring_shape(kLog2, 1, false));
  rings.write(0, kNever);
  drain::Reader reader = rings.reader();
  const std::vector<uint64_t> ends(rings.runs.overflow + 1, 1);
  reader.look(ends.data());
  expect(reader.fill(2) == 1, "a record of the last time that there is");
}

/// A head that goes back says that nothing is there, and the fill ends.
void go_back() {
  Rings rings(ring_shape(kLog2, 1, true));
  const std::vector<uint64_t> ends(rings.runs.overflow + 1, 40);
  for (uint64_t i = 0; i < 40; ++i) rings.write(0, 1);
  drain::Reader reader = rings.reader();
  reader.look(ends.data());
  for (const uint64_t head : {30, 36, 0}) {
    rings.cell(0, records::kHead) = head;
    const size_t found = rings.fill(reader, 100).size();
    expect(found == 0, "records of a head that went back", static_cast<int64_t>(found));
  }
}

/// The memory of the caller's says a stripe that there is none of.
void change_cursors() {
  Rings rings(ring_shape(kLog2, 1, false));
  const uint32_t overflow = rings.runs.overflow;
  for (const uint32_t stripe : {0U, overflow}) rings.write(stripe, 1);
  const std::vector<uint64_t> ends(overflow + 1, 1);
  for (const uint32_t none : {overflow + 1, overflow + 2, ~0U}) {
    drain::Reader reader = rings.reader();
    reader.look(ends.data());
    rings.cursor(0).stripe = none;
    const std::vector<Found> found = rings.fill(reader, 1);
    expect(found.size() == 1 && found[0].value == value_of(overflow, 0), "of a stripe that is none", none);
  }
}

/// No length is longer than what a record has room for.
void change_lengths() {
  constexpr uint32_t kBytes = 20;
  Rings rings(kLog2 | kBytes << 5 | 1U << 18 | 1U << 20);
  rings.write(0, 1);
  const std::vector<uint64_t> ends(rings.runs.overflow + 1, 1);
  for (const uint64_t length : {UINT64_C(0), UINT64_C(1), UINT64_C(8), UINT64_C(9), UINT64_C(19),
                                UINT64_C(20), UINT64_C(21), UINT64_C(1) << 32, kNever}) {
    rings.word(0, 0, records::kLength) = length;
    std::fill(rings.out.begin(), rings.out.end(), 77);
    for (uint32_t i = 0; i < 3; ++i) rings.word(0, 0, 2 + i) = i;
    drain::Reader reader = rings.reader();
    reader.look(ends.data());
    rings.fill(reader, 1);
    const uint64_t expected = std::min(length, uint64_t{kBytes});
    const double found = number_of(rings.out[drain::kOutLength]);
    expect(found == static_cast<double>(expected), "a length", static_cast<int64_t>(found),
           static_cast<int64_t>(expected));
    for (uint64_t i = 0; i < 4; ++i) {
      const uint64_t word = rings.out[drain::kOutPayload + i];
      expect(word == (i * 8 < expected ? i : 77), "a word of it", static_cast<int64_t>(word));
    }
  }
}

}  // namespace

void read_alone(const Round& round) {
  Random random(round.seed);
  for (int i = 0; i < 200; ++i) read_anything(i % 2 == 0, random);
  write_over();
  meet_last_time();
  go_back();
  change_cursors();
  change_lengths();
}

}  // namespace structures
