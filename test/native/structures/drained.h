/// A ring with its one reader, and what is in it.
#pragma once

#include <vector>

#include "harness.h"
#include "objects/drain.h"
#include "objects/records.h"
#include "objects/ring.h"

namespace structures {

namespace drain = rseq::drain;
namespace records = rseq::records;
namespace ring = rseq::ring;

/// Records that are read at once, at most.
inline constexpr uint32_t kRoom = 16;

class Drained {
 public:
  explicit Drained(uint32_t shape) : Drained(make(region::kProcess, region::Kind::kRing, "", shape)) {}
  explicit Drained(const Opened& opened)
      : opened_(opened),
        words_(drain::out_words(opened_.held)),
        state_(drain::state_words(region::stripes_of(opened_.region))),
        out_(size_t{words_} * kRoom) {
    expect(opened_.exists(), "a ring");
  }
  ~Drained() { close(opened_); }
  Drained(const Drained&) = delete;
  Drained& operator=(const Drained&) = delete;

  ring::Verdict write(double x) const { return ring::write(opened_.held.id, x, -x, x / 2, 1); }
  int32_t begin() { return drain::begin(opened_.region, opened_.held, scratch()); }
  int32_t read(uint32_t most) { return drain::read(opened_.region, opened_.held, scratch(), most); }
  int32_t advance(uint32_t count) { return drain::advance(opened_.region, opened_.held, scratch(), count); }
  void end() const { drain::end(opened_.region, opened_.held); }
  drain::Counts count() const { return drain::count(opened_.region, opened_.held); }
  uint64_t* record(uint32_t i) { return out_.data() + size_t{i} * words_; }
  double value(uint32_t i) { return number_of(record(i)[drain::kOutPayload]); }

  /// With less memory than it takes.
  void refuses_little_memory() {
    drain::Scratch little = scratch();
    --little.state_words;
    const int32_t results[] = {drain::begin(opened_.region, opened_.held, little),
                               drain::read(opened_.region, opened_.held, little, 1),
                               drain::advance(opened_.region, opened_.held, little, 0)};
    for (const int32_t result : results) expect(result == region::kDamaged, "little memory", result);
  }

  /// With room for two records only. @return how many were read
  int32_t read_two() {
    drain::Scratch little = scratch();
    little.out_words = size_t{2} * words_;
    return drain::read(opened_.region, opened_.held, little, kRoom);
  }
  /// Between these two times a record may be written that this drain does not know of: it leaves it to the
  /// next.
  bool is_timed() const { return state_[0] > 0 && state_[1] >= state_[0]; }

  /// A cell of a stripe's run. @param which  of records::Cell
  int64_t& cell(uint32_t stripe, uint32_t which) const {
    const uint32_t skipped = records::aligned(opened_.held.cell) - opened_.held.cell;
    return *region::cell_of(opened_.region, opened_.held, stripe, skipped + which);
  }
  /// The stripe that this thread writes to.
  uint32_t stripe(int32_t here) const {
    return has_sections() ? static_cast<uint32_t>(here) : region::stripes_of(opened_.region);
  }

  void holds(uint64_t written, uint64_t discarded, uint64_t overwritten, uint64_t pending) const {
    const drain::Counts now = count();
    expect(now.written == written, "written", static_cast<int64_t>(now.written),
           static_cast<int64_t>(written));
    expect(now.discarded == discarded, "discarded", static_cast<int64_t>(now.discarded),
           static_cast<int64_t>(discarded));
    expect(now.overwritten == overwritten, "overwritten", static_cast<int64_t>(now.overwritten),
           static_cast<int64_t>(overwritten));
    expect(now.pending == pending, "pending", static_cast<int64_t>(now.pending),
           static_cast<int64_t>(pending));
  }

 private:
  drain::Scratch scratch() { return {state_.data(), state_.size(), out_.data(), out_.size()}; }

  Opened opened_;
  uint32_t words_;
  std::vector<uint64_t> state_;
  std::vector<uint64_t> out_;
};

}  // namespace structures
