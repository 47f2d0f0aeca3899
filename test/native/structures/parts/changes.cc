/// What others see of a directory in the middle of a change, and when there is none.
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "directory_memory.h"
#include "harness.h"
#include "region/lock.h"
#include "traps.h"

namespace structures {
namespace {

using region::Bytes;
using region::Directory;
using region::Entry;

constexpr Bytes kThere = {"there", 5};
constexpr Bytes kNone = {nullptr, 0};
constexpr region::Sort kCounter = {region::Kind::kCounter, false};

void expect_number(int32_t found, int32_t expected, const char* what) {
  expect(found == expected, what, found, expected);
}

/// Another process that made it, and dies, or lives.
void hold_with_others() {
  Own own;
  Directory other = own.memory.directory();
  expect(other.join() == 0, "the other joined");
  const int32_t named = own.make("held by both");
  const int32_t nameless = own.make("");
  Entry entry;
  for (const int32_t number : {named, nameless}) {
    const auto which = static_cast<uint32_t>(number);
    expect_number(other.hold(kCounter, which, own.at(number).generation, &entry), number, "held by both");
    expect(own.directory.let_go(which, false) == 0, "let go by one");
    expect(own.directory.copy(which, &entry), "held by the other");
  }
  DirectoryMemory::leave(other);
  expect_number(own.look("held by both"), named, "names stay");
  Directory next = own.memory.directory();
  expect(next.join() == 0 && next.process == other.process, "its slot is the next one’s", next.process);
  expect(!own.directory.copy(static_cast<uint32_t>(nameless), &entry), "what is nameless does not");
  expect_number(own.look("held by both"), named, "names stay");
  DirectoryMemory::leave(next);
}

/// Where the lock cannot be had, nothing is done.
void lock_nothing() {
  Own own;
  const int32_t number = own.make("there");
  Directory cut_off = own.directory;
  cut_off.fd = 1 << 20;
  Entry entry;
  const auto fails = [](int32_t result, const char* what) {
    expect(result == region::kSystem && errno == EBADF, what, result);
    errno = 0;
  };
  errno = 0;
  fails(cut_off.hold(kCounter, kThere, kNone, &entry), "held by its name");
  fails(cut_off.hold(kCounter, static_cast<uint32_t>(number), 0, &entry), "held by its number");
  fails(cut_off.make(Wanted{}.description(), &entry), "made");
  fails(cut_off.let_go(static_cast<uint32_t>(number), false), "let go");
  expect(cut_off.let_go(static_cast<uint32_t>(number), true) == 0, "a name needs no lock to stay");
  expect_number(own.look("there"), number, "still there");
}

/// Memory whose first page is a trap.
class Page {
 public:
  Page() : memory_(mmap(nullptr, page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {}
  ~Page() { munmap(memory_, page_bytes()); }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  char* begin() const { return static_cast<char*>(memory_); }

 private:
  void* memory_;
};

/// Whoever dies there leaves it dirty, and locked by nobody; until then others wait.
void stop_in_make() {
  Own own;
  const Page help;
  memset(help.begin(), 'h', 100);
  Wanted what;
  what.texts[region::kName] = "half";
  region::Description half = what.description();
  half.texts[region::kHelp] = {help.begin(), 100};
  Entry entry;
  const Trap trap(help.begin(), [&] {
    expect(own.directory.header->dirty != 0, "dirty while it is made");
    expect(own.memory.is_locked(), "locked while it is made");
    expect_number(own.look("half"), region::kAbsent, "half made");
    expect(!own.directory.copy(0, &entry), "half made, by its number");
  });
  expect_number(own.directory.make(half, &entry), 0, "made");
  expect(trap.was_touched() && own.directory.header->dirty == 0 && !own.memory.is_locked(), "and is whole");
  expect_number(own.look("half"), 0, "found");
}

/// A directory whose cells are in such a page.
struct OnPage : Own {
  OnPage() {
    directory.cells = cells.begin();
    directory.stride = page_bytes() / 8;
  }

  const Page cells;
};

void stop_in_removal() {
  OnPage own;
  const int32_t number = own.make("half");
  *own.directory.cell(0, own.at(number).cell) = 7;
  const Trap trap(own.cells.begin(), [&] {
    expect(own.directory.header->dirty != 0, "dirty while it is removed");
    expect(own.memory.is_locked(), "locked while it is removed");
    expect(own.at(number).state == region::kRemoving, "its state", own.at(number).state);
    expect_number(own.look("half"), region::kAbsent, "half removed");
    uint64_t held = 1;
    own.directory.held_by_the_living(&held, 1);
    expect(held == 0, "held while it is removed", static_cast<int64_t>(held));
  });
  expect(own.directory.let_go(static_cast<uint32_t>(number), false) == 0, "let go");
  expect(trap.was_touched() && own.directory.header->dirty == 0 && !own.memory.is_locked(), "and is gone");
  expect(own.at(number).state == region::kFree && own.at(number).generation == 1, "free");
}

/// A process that died in the midst of something, and one that died while it repaired that.
void stop_in_repair() {
  OnPage own;
  const int32_t number = own.make("");
  *own.directory.cell(0, own.at(number).cell) = 7;
  own.directory.holds[0] = 0;
  own.directory.header->dirty = 1;
  const Trap trap(own.cells.begin(), [&] {
    expect(own.directory.header->dirty != 0, "dirty while it is repaired");
    expect(own.at(number).state == region::kRemoving, "its state", own.at(number).state);
  });
  expect_number(own.make("next"), 0, "its number");
  expect(trap.was_touched() && own.directory.header->dirty == 0, "and is gone");
}

/// Who joins forgets what the one before held, and writes itself down.
void stop_in_join() {
  const DirectoryMemory memory(true);
  Directory one = memory.directory();
  const Trap trap(one.processes, [&] {
    expect(one.header->dirty != 0, "dirty while it joins");
    expect(memory.is_locked(), "locked while it joins");
    expect(!rseq::region::lock::is_alive(memory.fd(), 0), "alive before it has written itself down");
  });
  expect(one.join() == 0, "joined");
  expect(trap.was_touched() && one.header->dirty == 0 && !memory.is_locked(), "and has");
  DirectoryMemory::leave(one);
}

/// An entry on a border of two pages gets another owner while it is copied.
void change_in_copy() {
  const region::Layout layout(kSizes);
  const size_t page = page_bytes();
  const size_t bytes = layout.stripes + 2 * page;
  void* all = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  constexpr uint32_t kNumber = 3;
  const size_t middle = layout.entries + kNumber * sizeof(Entry) + sizeof(Entry) / 2;
  char* control = static_cast<char*>(all) + (page - middle % page);
  Directory directory = {};
  directory.fd = -1;
  directory.set(kSizes, control);
  directory.header->entry_high = kNumber + 1;
  Entry& one = directory.entries[kNumber];
  one = {};
  one.state = region::kLive;
  one.kind = region::Kind::kCounter;
  one.cells = 1;
  Entry copied;
  expect(directory.copy(kNumber, &copied), "as it is");
  {
    const Trap trap(control + middle, [&] { __atomic_store_n(&one.generation, 1, __ATOMIC_RELEASE); });
    expect(!directory.copy(kNumber, &copied), "changed meanwhile");
    expect(trap.was_touched(), "while it was copied");
  }
  expect(directory.copy(kNumber, &copied) && copied.generation == 1, "as it is then");
  munmap(all, bytes);
}

}  // namespace

void see_changes() {
  hold_with_others();
  lock_nothing();
  stop_in_make();
  stop_in_removal();
  stop_in_repair();
  stop_in_join();
  change_in_copy();
  operations += 50;
}

}  // namespace structures
