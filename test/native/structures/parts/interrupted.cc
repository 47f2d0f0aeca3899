/// What is read of memory that others change meanwhile: between any two instructions of the reader.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <new>

#include "harness.h"
#include "kernel/cpu.h"
#include "objects/drain_reader.h"
#include "region/lock.h"
#include "region/owners.h"
#include "steps.h"
#include "thread/trust.h"

namespace structures {

#if STRUCTURES_STEPS

namespace {

namespace abi = rseq::abi;
namespace cpu = rseq::cpu;
namespace drain = rseq::drain;
namespace records = rseq::records;
namespace trust = rseq::trust;

/// A consumer's two next turns, the first of which leaves the numbers as they were: what is found is of one
/// turn.
void look_at_turns() {
  uint64_t run[records::kSlots];
  const auto turn_to = [&run](uint64_t turn) {
    __atomic_store_n(run + records::kTails + (turn & 1), 100 * turn, __ATOMIC_RELAXED);
    __atomic_store_n(run + records::kLosses + (turn & 1), 100 * turn, __ATOMIC_RELAXED);
    __atomic_store_n(run + records::kTurn, turn, __ATOMIC_RELEASE);
  };
  with_change_at_each(
      "a look at a turn", [&] { turn_to(1); },
      [&] {
        const drain::Progress found(run);
        const bool is_whole = found.tail == 100 * found.turn && found.lost == found.tail;
        if (!is_whole) expect(false, "of two turns", static_cast<int64_t>(found.tail));
      },
      [&] {
        turn_to(2);
        turn_to(3);
      });
  uint64_t turns = 0;
  in_steps([&] { const drain::Progress never(run); },
           [&] { __atomic_store_n(run + records::kTurn, ++turns, __ATOMIC_RELEASE); });
  expect(turns < 10'000, "looks at a turn that never stays", static_cast<int64_t>(turns));
}

/// A record's length that grows while it is read.
void grow_length() {
  constexpr uint32_t kBytes = 8;
  const Opened one = make(region::kProcess, region::Kind::kRing, "", 2 | kBytes << 5 | 1U << 18 | 1U << 20);
  const drain::Runs runs(one.region, one.held);
  std::vector<uint64_t> state(drain::state_words(runs.overflow), ~UINT64_C(0));
  std::vector<uint64_t> out(64);
  const std::vector<uint64_t> ends(runs.overflow + 1, 1);
  uint64_t* run = runs.of(0);
  run[records::kHead] = 1;
  uint64_t* length = run + records::kSlots + records::kLength;
  const drain::Scratch scratch = {state.data(), state.size(), out.data(), out.size()};
  drain::Reader reader(runs, scratch);
  with_change_at_each(
      "a fill",
      [&] {
        __atomic_store_n(length, 5, __ATOMIC_RELAXED);
        new (&reader) drain::Reader(runs, scratch);
        reader.look(ends.data());
      },
      [&] {
        const uint32_t count = reader.fill(1);
        double found;
        memcpy(&found, &out[drain::kOutLength], sizeof found);
        const bool is_right = count == 1 && (found == 5 || found == kBytes);
        if (!is_right) expect(false, "a length that grows", static_cast<int64_t>(found));
      },
      [&] { __atomic_store_n(length, 100, __ATOMIC_RELAXED); });
  close(one);
}

/// @param at_call  what happens in each system call of it
/// @return how many it made
template <typename AtCall>
uint32_t calls_of_reads(abi::Area& area, trust::Reads expected, const char* what, AtCall at_call) {
  uint32_t calls = 0;
  trust::Reads found = trust::Reads::kTrue;
  in_steps([&] { found = trust::reads(&area, sizeof area); },
           [&] {
             if (!was_call()) return;
             ++calls;
             at_call();
           });
  expect(found == expected, what, static_cast<int64_t>(found), static_cast<int64_t>(expected));
  return calls;
}

void expect_calls(uint32_t found, uint32_t expected, const char* what) {
  expect(found == expected, what, found, expected);
  ++operations;
}

/// What is wrong is looked at three times; where the thread moves each time, nothing is known to be.
void move_at_each_look() {
  cpu::Location seen = {};
  expect(cpu::getcpu(&seen) == 0, "where this thread is");
  const uint32_t all = cpu::possible();
  abi::Area area = {};
  const auto nothing = [] {};
  area.cpu_id = seen.cpu;
  area.node_id = seen.node;
  expect_calls(calls_of_reads(area, trust::Reads::kTrue, "the truth", nothing), 1, "one look");
  area.node_id = seen.node + 1;
  expect_calls(calls_of_reads(area, trust::Reads::kNodeFalse, "a node", nothing), 3, "looks at a node");
  area.cpu_id = all;
  expect_calls(calls_of_reads(area, trust::Reads::kFalse, "no CPU", nothing), 0, "looks at no CPU");
  if (all == 1) return;  // nowhere to move
  area.cpu_id = seen.cpu;
  const uint32_t other = seen.cpu == 0 ? 1 : 0;
  const auto move = [&] { area.cpu_id = area.cpu_id == other ? seen.cpu : other; };
  expect_calls(calls_of_reads(area, trust::Reads::kTrue, "a thread that moves", move), 100,
               "looks that are none");
}

/// A dead process's place is taken while it is looked at: its word is nobody's all the time.
void look_at_places() {
  const std::string path = folder() + "/interrupted";
  const auto number = static_cast<uint32_t>(region::create_file(path.c_str(), 8192));
  region::Info info;
  expect(region::info(number, &info), "a file", number);
  const uint32_t place = info.directory->process + 1;
  region::Process& written = info.directory->processes[place];
  const uint64_t word = uint64_t{place} << 53 | UINT64_C(5) << 32;
  int fd = -1;
  with_change_at_each(
      "a look at a place",
      [&] {
        ::close(fd);
        fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
        written.incarnation = 5;
      },
      [&] {
        if (region::owners::lives(number, word)) expect(false, "the dead one lives", fd);
      },
      [&] {
        written.incarnation = 6;
        region::lock::take_process(fd, place);
      });
  ::close(fd);
  region::close(number);
  unlink(path.c_str());
}

}  // namespace

void interrupt() {
  if (!has_sections()) return;
  look_at_places();
  look_at_turns();
  grow_length();
  on_threads(1, [](uint32_t) {
    stay_on_last();
    move_at_each_look();
  });
}

#else

void interrupt() {}

#endif

}  // namespace structures
