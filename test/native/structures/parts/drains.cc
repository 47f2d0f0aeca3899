/// Drains of a ring that nobody writes to meanwhile: what is found, in what order, and what is refused.
#include <unistd.h>

#include "drained.h"
#include "kernel/cpu.h"

namespace structures {
namespace {

namespace cpu = rseq::cpu;

constexpr uint32_t kLog2 = 2;
constexpr uint32_t kCapacity = 1U << kLog2;

/// Nothing is lost: what has no room is discarded, and what was not advanced over is there again.
void keep(int32_t here) {
  Drained one(ring_shape(kLog2, 3, false));
  for (uint32_t i = 0; i < kCapacity + 2; ++i) {
    const auto verdict = one.write(i);
    expect(verdict == (i < kCapacity ? ring::kWritten : ring::kDiscarded), "a record", verdict);
  }
  one.holds(kCapacity, 2, 0, kCapacity);
  expect_result(one.read(1), region::kConsumer, "read before it begins");
  expect_result(one.advance(0), region::kConsumer, "advanced before it begins");
  expect_result(one.begin(), 0, "begun");
  expect_result(one.begin(), region::kConsumer, "begun twice");
  expect(one.is_timed(), "the times that it began between");
  one.refuses_little_memory();
  expect_result(one.read_two(), 2, "as many as there is room for");
  expect_result(one.read(3), 3, "three");
  double last = 0;
  for (uint32_t i = 0; i < 3; ++i) {
    const uint64_t* record = one.record(i);
    const double time = number_of(record[drain::kOutTime]);
    expect(number_of(record[drain::kOutCpu]) == (has_sections() ? here : -1), "its CPU");
    expect(time > 0 && time >= last, "its time");
    expect(record[drain::kOutPosition] == i, "its position",
           static_cast<int64_t>(record[drain::kOutPosition]), i);
    expect(number_of(record[drain::kOutLength]) == 3, "its fields");
    const uint64_t* payload = record + drain::kOutPayload;
    expect(
        number_of(payload[0]) == i && number_of(payload[1]) == -1.0 * i && number_of(payload[2]) == i / 2.0,
        "what was written", i);
    last = time;
  }
  expect_result(one.advance(kRoom + 1), region::kDamaged, "advanced over more than there is room for");
  one.holds(kCapacity, 2, 0, kCapacity);
  expect_result(one.advance(2), 0, "advanced");
  one.holds(kCapacity, 2, 0, kCapacity - 2);
  expect(one.write(10) == ring::kWritten && one.write(11) == ring::kWritten, "room");
  expect(one.write(12) == ring::kDiscarded, "no room");
  // Of what was there when it began.
  expect_result(one.read(kRoom), 2, "the other two");
  expect(one.value(0) == 2 && one.value(1) == 3, "the others are the next ones");
  for (const uint64_t never : {UINT64_C(1000), UINT64_C(0), one.count().written}) {
    one.record(1)[drain::kOutPosition] = never;
    expect_result(one.advance(2), region::kDamaged, "advanced over what is not there");
  }
  one.holds(kCapacity + 2, 3, 0, kCapacity);
  one.end();
  expect_result(one.read(1), region::kConsumer, "read after its end");
  expect_result(one.begin(), 0, "begun again");
  expect_result(one.read(0), 0, "none");
  expect_result(one.read(kRoom + 9), kCapacity, "all");
  for (uint32_t i = 0; i < kCapacity; ++i)
    expect(one.value(i) == (i < 2 ? i + 2 : i + 8), "in their order", static_cast<int64_t>(one.value(i)));
  expect_result(one.advance(kCapacity), 0, "advanced");
  one.holds(kCapacity + 2, 3, 0, 0);
  one.end();
}

/// What one switch of the turn changes: the numbers before it stay as they were, and writers are told last.
void switch_turns(int32_t here) {
  Drained one(ring_shape(kLog2, 3, false));
  const uint32_t stripe = one.stripe(here);
  for (uint32_t i = 0; i < kCapacity; ++i) one.write(i);
  expect_result(one.begin(), 0, "begun");
  for (int64_t i = 1; i < 4; ++i) {
    expect_result(one.read(1), 1, "one");
    expect_result(one.advance(1), 0, "advanced over it");
    const int64_t turn = one.cell(stripe, records::kTurn) & 1;
    const int64_t now = one.cell(stripe, records::kTails + static_cast<uint32_t>(turn));
    const int64_t before = one.cell(stripe, records::kTails + static_cast<uint32_t>(1 - turn));
    expect(now == i && before == i - 1, "a turn's numbers", now, i);
    expect(one.cell(stripe, records::kTurn) == i, "a turn", one.cell(stripe, records::kTurn), i);
  }
  const uint32_t overflow = region::stripes_of(region::kProcess);
  expect(one.cell(overflow, records::kConsumer) != 0, "the consumer");
  one.end();
  expect(one.cell(overflow, records::kConsumer) == 0, "nobody", one.cell(overflow, records::kConsumer));
  // As a consumer leaves it that dies before it has told the writers.
  one.cell(stripe, records::kLimit) = 0;
  expect(one.write(10) == ring::kDiscarded, "no room that a writer knows of");
  expect_result(one.begin(), 0, "begun again");
  expect(one.cell(stripe, records::kLimit) == 3, "the next one tells them", one.cell(stripe, records::kLimit),
         3);
  one.end();
}

/// The newest ones are kept, but for the one that is next to be written over.
void overwrite() {
  Drained one(ring_shape(kLog2, 3, true));
  constexpr uint32_t kWritten = 10;
  constexpr uint32_t kKept = kCapacity - 1;
  for (uint32_t i = 0; i < kWritten; ++i) expect(one.write(i) == ring::kWritten, "a record");
  one.holds(kWritten, 0, kWritten - kKept, kKept);
  expect_result(one.begin(), 0, "begun");
  expect_result(one.read(kRoom), kKept, "what is left");
  for (uint32_t i = 0; i < kKept; ++i)
    expect(one.value(i) == kWritten - kKept + i, "the newest", static_cast<int64_t>(one.value(i)));
  expect_result(one.advance(1), 0, "advanced over one");
  one.holds(kWritten, 0, kWritten - kKept, kKept - 1);
  // Of what the drain began with one is left, as the newest three are.
  expect(one.write(10) == ring::kWritten && one.write(11) == ring::kWritten, "written over");
  expect_result(one.read(kRoom), 1, "what is left of it");
  expect(one.value(0) == 9, "the last one of it", static_cast<int64_t>(one.value(0)));
  expect_result(one.advance(1), 0, "advanced over the last one");
  one.holds(kWritten + 2, 0, kWritten - kKept + 1, 2);
  for (uint32_t i = 12; i < 30; ++i) one.write(i);
  expect_result(one.read(kRoom), 0, "all of it is written over");
  one.end();
  one.holds(30, 0, 30 - 2 - kKept, kKept);
}

/// Records of two CPUs come in the order of their times.
void merge(int32_t here) {
  uint32_t other = 0;
  while (other == static_cast<uint32_t>(here) || cpu::stay_on(other) != 0)
    if (++other >= cpu::possible()) return;
  Drained one(ring_shape(3, 3, false));
  // Each way round: two of one CPU that follow each other, and one between others.
  const bool elsewhere[] = {false, true, true, false, true, false, false, true};
  for (uint32_t i = 0; i < 8; ++i) {
    cpu::stay_on(elsewhere[i] ? other : static_cast<uint32_t>(here));
    one.write(i);
  }
  cpu::stay_on(static_cast<uint32_t>(here));
  expect_result(one.begin(), 0, "begun");
  for (uint32_t at = 0; at < 8; at += 4) {
    expect_result(one.read(4), 4, "half of them");
    for (uint32_t i = 0; i < 4; ++i)
      expect(one.value(i) == at + i, "in the order of time", static_cast<int64_t>(one.value(i)), at + i);
    expect_result(one.advance(4), 0, "advanced");
  }
  expect_result(one.read(4), 0, "no more");
  one.end();
  one.holds(8, 0, 0, 0);
}

/// Who only looks on is no consumer, also where there is none.
void look_on() {
  const std::string file = folder() + "/drained";
  const std::string name = "looked at";
  const uint32_t shape = ring_shape(kLog2, 3, false);
  on_threads(1, [&](uint32_t) {
    const int32_t region = region::create_file(file.c_str(), 8192);
    const Opened opened = make(static_cast<uint32_t>(region), region::Kind::kRing, name, shape);
    expect(ring::write(opened.held.id, 1, 2, 3, 0) == ring::kWritten, "a record");
    // The thread ends, and the ring stays.
  });
  on_threads(1, [&](uint32_t) {
    const auto region = static_cast<uint32_t>(region::attach(file.c_str(), true));
    const int32_t entry = region::open(region, region::Kind::kRing, false,
                                       {name.data(), static_cast<uint32_t>(name.size())}, {nullptr, 0});
    const region::Held* held = region::held(region, static_cast<uint32_t>(entry));
    expect(held != nullptr, "a ring to look at", entry);
    if (held == nullptr) return;
    Drained one({.region = region, .entry = static_cast<uint32_t>(entry), .held = held->constants()});
    one.holds(1, 0, 0, 1);
    expect_result(one.begin(), region::kReadOnly, "begun by who looks on");
    expect_result(one.read(1), region::kConsumer, "read by who looks on");
    expect_result(one.advance(0), region::kConsumer, "advanced by who looks on");
    one.end();
  });
  unlink(file.c_str());
}

}  // namespace

void drain_alone() {
  on_threads(1, [](uint32_t) {
    const int32_t here = cpu::sched_getcpu();
    expect(here >= 0 && cpu::stay_on(static_cast<uint32_t>(here)) == 0, "on one CPU", here);
    keep(here);
    switch_turns(here);
    overwrite();
    merge(here);
  });
  look_on();
  operations += 100;
}

}  // namespace structures
