/// Rings: a record that was written is drained once, whole and in its writer's order, or counted as lost.
#include "harness.h"
#include "objects/drain.h"
#include "objects/records.h"
#include "objects/ring.h"

#include <sched.h>
#include <string.h>

namespace structures {
namespace {

namespace drain = rseq::drain;
namespace ring = rseq::ring;

/// Written by plain stores before a record, and read by whoever drained that: the ring is what orders them.
/// Where sections store the head, no sanitizer sees that order.
struct Letters {
  explicit Letters(const Round& round) : of(round.threads, std::vector<uint32_t>(round.size)) {}
  std::vector<std::vector<uint32_t>> of;
};

struct Reader {
  Reader(const Opened& from, const Round& round)
      : opened(from),
        state(drain::state_words(region::stripes_of(from.region))),
        out(size_t{drain::out_words(from.held)} * kRecords),
        next(round.threads, 0) {}

  drain::Scratch scratch() { return {state.data(), state.size(), out.data(), out.size()}; }

  /// @return records that were read
  uint64_t drain_once(const Letters* letters) {
    uint64_t all = 0;
    const int32_t begun = drain::begin(opened.region, opened.held, scratch());
    expect(begun == 0, "begun", begun);
    if (begun != 0) return 0;
    for (;;) {
      const int32_t count = drain::read(opened.region, opened.held, scratch(), kRecords);
      expect(count >= 0, "read", count);
      for (int32_t i = 0; i < count; ++i)
        look(out.data() + static_cast<size_t>(i) * drain::out_words(opened.held), letters);
      if (count > 0) {
        const int32_t advanced =
            drain::advance(opened.region, opened.held, scratch(), static_cast<uint32_t>(count));
        expect(advanced == 0, "advanced", advanced);
        all += static_cast<uint64_t>(count);
      }
      if (count < static_cast<int32_t>(kRecords)) break;
    }
    drain::end(opened.region, opened.held);
    operations += all + 2;
    return all;
  }

  void look(const uint64_t* record, const Letters* letters) {
    const double who = number_of(record[drain::kOutPayload]);
    const double which = number_of(record[drain::kOutPayload + 1]);
    const double check = number_of(record[drain::kOutPayload + 2]);
    const bool whole = who >= 0 && who < static_cast<double>(next.size()) && check == who * 1e6 + which;
    expect(whole, "a record is torn", static_cast<int64_t>(check));
    if (!whole) return;
    auto& expected = next[static_cast<size_t>(who)];
    expect(which >= expected, "a record came twice, or late", static_cast<int64_t>(which),
           static_cast<int64_t>(expected));
    expected = which + 1;
    if (letters == nullptr) return;
    const uint32_t letter = letters->of[static_cast<size_t>(who)][static_cast<size_t>(which)];
    expect(letter == static_cast<uint32_t>(which) + 1, "what was written before a record", letter);
  }

  static constexpr uint32_t kRecords = 64;
  Opened opened;
  std::vector<uint64_t> state;
  std::vector<uint64_t> out;
  std::vector<double> next;  ///< of each writer
};

void use(bool overwrites, const Round& round) {
  const std::string name = (overwrites ? "over" : "ring") + std::to_string(round.seed);
  const Opened opened = make(region::kProcess, region::Kind::kRing, name, ring_shape(8, 3, overwrites));
  expect(opened.exists(), "a ring");
  if (!opened.exists()) return;
  Letters letters(round);
  const bool ordered = !has_sections();
  std::atomic<uint32_t> writing = round.threads;
  std::atomic<uint64_t> written = 0;
  uint64_t drained = 0;
  on_threads(round.threads + 2, [&](uint32_t i) {
    if (i < round.threads) {
      uint64_t own = 0;
      for (uint32_t k = 0; k < round.size; ++k) {
        letters.of[i][k] = k + 1;
        const auto verdict = ring::write(opened.held.id, i, k, i * 1e6 + k, 0);
        expect(verdict != ring::kUnfit, "a record that fits", verdict);
        own += verdict == ring::kWritten ? 1 : 0;
        if (verdict == ring::kDiscarded) sched_yield();
      }
      written += own;
      operations += round.size;
      --writing;
    } else if (i == round.threads) {
      Reader reader(opened, round);
      // Once more when all have written: a drain is about what it found.
      for (bool last = false; !last;) {
        last = writing == 0;
        drained += reader.drain_once(ordered ? &letters : nullptr);
      }
    } else {
      while (writing != 0) {
        drain::count(opened.region, opened.held);
        ++operations;
        sched_yield();
      }
    }
  });
  const drain::Counts counts = drain::count(opened.region, opened.held);
  const auto sum = static_cast<int64_t>(drained + counts.pending + counts.overwritten);
  expect(counts.written == written, "written", static_cast<int64_t>(counts.written),
         static_cast<int64_t>(written.load()));
  expect(sum == static_cast<int64_t>(written.load()), "drained and lost", sum,
         static_cast<int64_t>(written.load()));
  expect(overwrites || counts.overwritten == 0, "lost", static_cast<int64_t>(counts.overwritten));
  const uint64_t all = uint64_t{round.size} * round.threads;
  expect(counts.written + counts.discarded == all, "written and discarded",
         static_cast<int64_t>(counts.written + counts.discarded), static_cast<int64_t>(all));
  close(opened);
}

void use_bytes(const Round& round) {
  constexpr uint32_t kBytes = 100;
  const Opened opened = make(region::kProcess, region::Kind::kRing, "bytes" + std::to_string(round.seed),
                             4 | kBytes << 5 | 1U << 18 | 1U << 20);
  expect(opened.exists(), "a ring of bytes");
  if (!opened.exists()) return;
  Reader reader(opened, round);
  for (uint32_t length = 0; length <= kBytes + 1; ++length) {
    const std::vector<char> bytes(length, static_cast<char>(length));
    const auto verdict = ring::write_bytes(opened.held.id, bytes.data(), length);
    expect(verdict == (length <= kBytes ? ring::kWritten : ring::kUnfit), "bytes", verdict);
    if (verdict != ring::kWritten) continue;
    expect(drain::begin(opened.region, opened.held, reader.scratch()) == 0, "begun");
    const int32_t count = drain::read(opened.region, opened.held, reader.scratch(), 1);
    expect(count == 1, "read", count, 1);
    const uint64_t* record = reader.out.data();
    expect(number_of(record[drain::kOutLength]) == length, "length");
    expect(length == 0 || memcmp(record + drain::kOutPayload, bytes.data(), length) == 0,
           "bytes are what they were");
    drain::advance(opened.region, opened.held, reader.scratch(), 1);
    drain::end(opened.region, opened.held);
    operations += 2;
  }
  close(opened);
}

}  // namespace

void write_records(const Round& round) {
  use(false, round);
  use(true, round);
  use_bytes(round);
}

}  // namespace structures
