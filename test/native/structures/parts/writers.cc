/// Writing to rings by one thread, also to the stripe of threads without an area, whose lock is anybody's.
#include <string.h>

#include <thread>

#include "harness.h"
#include "kernel/kernel.h"
#include "objects/drain_reader.h"
#include "objects/ring.h"
#include "region/owners.h"
#include "thread/area.h"

namespace structures {
namespace {

namespace drain = rseq::drain;
namespace owners = rseq::region::owners;
namespace records = rseq::records;
namespace ring = rseq::ring;

constexpr uint32_t kLog2 = 2;
constexpr uint32_t kCapacity = 1U << kLog2;

uint32_t bytes_shape(uint32_t most) { return kLog2 | most << 5 | 1U << 18; }

/// A ring, and its cells.
class Written {
 public:
  explicit Written(uint32_t shape, uint32_t region = region::kProcess)
      : opened_(make(region, region::Kind::kRing, "", shape)), runs_(opened_.region, opened_.held) {
    expect(opened_.exists(), "a ring");
  }
  ~Written() { close(opened_); }
  Written(const Written&) = delete;
  Written& operator=(const Written&) = delete;

  uint32_t id() const { return opened_.held.id; }
  uint32_t overflow() const { return runs_.overflow; }
  uint64_t& cell(uint32_t stripe, uint32_t which) const { return runs_.of(stripe)[which]; }
  uint64_t& of_overflow(uint32_t which) const { return cell(overflow(), which); }
  /// Where the only record so far is.
  uint32_t stripe() const {
    uint32_t found = 0;
    while (found < overflow() && cell(found, records::kHead) == 0) ++found;
    return found;
  }
  void holds(uint64_t written, uint64_t discarded, const char* what) const {
    const drain::Counts now = drain::count(opened_.region, opened_.held);
    expect(now.written == written, what, static_cast<int64_t>(now.written), static_cast<int64_t>(written));
    expect(now.discarded == discarded, what, static_cast<int64_t>(now.discarded),
           static_cast<int64_t>(discarded));
  }

 private:
  Opened opened_;
  drain::Runs runs_;
};

void expect_verdict(ring::Verdict found, ring::Verdict expected, const char* what) {
  expect(found == expected, what, found, expected);
  ++operations;
}

/// Runs `work` without an area, if the thread has one whose sections run.
template <typename Work>
void without_area(Work work) {
  const rseq::area::State state = rseq::area::settle();
  const auto call = [&](int flags) {
    return state.sections ? rseq::kernel::rseq(state.area, state.registered_size, flags) : 0;
  };
  expect(call(rseq::abi::kUnregisterFlag) == 0, "unregistered");
  work();
  expect(call(0) == 0, "registered again");
}

/// As many words as it has fields, and no time where it has none.
void write_fields() {
  const double fields[] = {1.5, -2, 3, 4e9};
  for (uint32_t count = 1; count <= 4; ++count)
    for (const bool is_timed : {false, true}) {
      const Written one(ring_shape(kLog2, count, false) & ~(is_timed ? 0 : 1U << 20));
      expect_verdict(ring::write(one.id(), fields[0], fields[1], fields[2], fields[3]), ring::kWritten,
                     "fields");
      const uint64_t* slot = &one.cell(one.stripe(), records::kSlots);
      expect((slot[0] != 0) == is_timed, "its time", static_cast<int64_t>(slot[0]));
      expect(memcmp(slot + 1, fields, count * sizeof(double)) == 0, "its fields", count);
      const uint32_t words = kCapacity * (1 + count);
      for (uint32_t i = 1 + count; i < words; ++i) expect(slot[i] == 0, "behind it", i);
      const auto is_bytes = ring::write_bytes(one.id(), fields, 0);
      expect_verdict(is_bytes, ring::kUnfit, "bytes to a ring of numbers");
      one.holds(1, 0, "one record");
    }
}

void write_bytes() {
  char bytes[40];
  memset(bytes, 0xee, sizeof bytes);
  for (uint32_t length = 0; length <= 24; ++length) {
    const Written one(bytes_shape(24));
    // What is left of it on the stack must not come into the next one.
    const Written before(bytes_shape(40) | 1U << 20);
    ring::write_bytes(before.id(), bytes, sizeof bytes);
    expect_verdict(ring::write_bytes(one.id(), bytes, length), ring::kWritten, "bytes");
    const uint64_t* slot = &one.cell(one.stripe(), records::kSlots);
    uint64_t expected[5] = {0, length};
    memcpy(expected + 2, bytes, length);
    expect(memcmp(slot, expected, sizeof expected) == 0, "its words", length);
    for (uint32_t i = 5; i < 5 * kCapacity; ++i) expect(slot[i] == 0, "behind it", i);
    expect_verdict(ring::write(one.id(), 1, 2, 3, 4), ring::kUnfit, "numbers to a ring of bytes");
    one.holds(1, 0, "one record");
  }
  const Written one(bytes_shape(24));
  expect_verdict(ring::write_bytes(one.id(), bytes, 25), ring::kUnfit, "more bytes than fit");
  expect_verdict(ring::write_bytes(region::kNoId, bytes, 1), ring::kUnfit, "nobody's ring");
  expect_verdict(ring::write(records::kMaxRings, 1, 2, 3, 4), ring::kUnfit, "nobody's ring");
  one.holds(0, 0, "no record");
}

/// A writer that dies is followed by the next one; one that lives is waited for, and not for ever.
void take_lock() {
  constexpr uint64_t kNobodyLiving = 77;
  const Written one(ring_shape(kLog2, 1, false));
  const auto write = [&](ring::Verdict expected, const char* what) {
    expect_verdict(ring::write(one.id(), 5, 0, 0, 0), expected, what);
  };
  write(ring::kWritten, "without a lock");
  expect(one.of_overflow(records::kHead) == 1, "on the overflow stripe");
  expect(one.of_overflow(records::kWriter) == 0, "nobody writes");
  one.of_overflow(records::kWriter) = kNobodyLiving;
  write(ring::kWritten, "with a dead one's lock");
  expect(one.of_overflow(records::kWriter) == 0, "nobody writes any more");
  const uint64_t living = owners::word(region::kProcess);
  one.of_overflow(records::kWriter) = living;
  write(ring::kDiscarded, "with a living one's lock");
  expect(one.of_overflow(records::kWriter) == living, "who lives keeps it");
  one.holds(2, 1, "discarded without the lock");
  one.of_overflow(records::kWriter) = 0;
  write(ring::kWritten, "another");
  write(ring::kWritten, "the last one");
  write(ring::kDiscarded, "one too many");
  one.holds(4, 2, "a full ring");
  for (uint32_t i = 0; i < kCapacity; ++i) {
    const uint64_t* slot = &one.of_overflow(records::kSlots + 2 * i);
    double x;
    memcpy(&x, slot + 1, sizeof x);
    expect(slot[0] != 0 && x == 5, "a slot", i);
  }
  one.of_overflow(records::kLimit) = 1;
  write(ring::kWritten, "as there is room again");
  one.holds(5, 2, "room");
}

void write_over() {
  const Written one(ring_shape(kLog2, 1, true) & ~(1U << 20));
  for (uint32_t i = 0; i < 9; ++i)
    expect_verdict(ring::write(one.id(), i, 0, 0, 0), ring::kWritten, "written over");
  one.holds(9, 0, "written over");
  for (uint32_t i = 0; i < kCapacity; ++i) {
    double x;
    memcpy(&x, &one.of_overflow(records::kSlots + 2 * i + 1), sizeof x);
    expect(x == (i == 0 ? 8 : 4 + i), "the newest", static_cast<int64_t>(x));
    expect(one.of_overflow(records::kSlots + 2 * i) == 0, "no time", i);
  }
}

/// A thread that has not the region can write to it nevertheless: but without an area it is nobody there.
void be_nobody() {
  const int32_t region = region::create_memfd(8192);
  expect(region > 0, "a region", region);
  if (region <= 0) return;
  {
    const Written one(ring_shape(kLog2, 1, false), static_cast<uint32_t>(region));
    std::thread([&] {
      rseq::area::attach();
      without_area(
          [&] { expect_verdict(ring::write(one.id(), 1, 0, 0, 0), ring::kUnfit, "nobody's record"); });
      rseq::area::release();
    }).join();
    one.holds(0, 0, "nothing");
  }
  region::close(static_cast<uint32_t>(region));
}

}  // namespace

void write_alone() {
  on_threads(1, [](uint32_t) {
    write_fields();
    write_bytes();
    without_area([] {
      write_fields();
      write_bytes();
      take_lock();
      write_over();
    });
  });
  on_threads(1, [](uint32_t) { be_nobody(); });
}

}  // namespace structures
