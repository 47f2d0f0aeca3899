/// Files that are cut short while they are mapped: each access ends, and whose it was is known. Every other
/// SIGBUS goes where it went before.
#include "region/fault.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "traps.h"

namespace structures {
namespace {

namespace fault = rseq::region::fault;

constexpr uint32_t kCells = 8192;
/// Regions that this program never opens.
constexpr uint32_t kFirst = region::kMaxRegions - 2, kSecond = region::kMaxRegions - 1;

/// Pages of a file that is empty.
char* map_nothing(size_t pages) {
  const auto fd = static_cast<int>(syscall(SYS_memfd_create, "structures", 1U));
  void* at = mmap(nullptr, pages * page_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (fd < 0 || at == MAP_FAILED) abort();
  ::close(fd);
  return static_cast<char*>(at);
}

void touch(char* at) { *static_cast<volatile char*>(at) = 77; }

void expect_lost(uint32_t number, bool expected, const char* what) {
  expect(fault::is_lost(number) == expected, what, number);
}

/// Whose page it is, to the byte.
void tell_whose() {
  const size_t page = page_bytes();
  char* pages = map_nothing(5);
  char* second = pages + 2 * page;
  fault::watch(kFirst, {.control = pages, .control_bytes = 2 * page, .first = 0, .cells = 0, .fd = -1});
  fault::watch(kSecond, {.control = second, .control_bytes = 2 * page, .first = 0, .cells = 0, .fd = -1});
  touch(second);
  expect_lost(kFirst, false, "the one before");
  expect_lost(kSecond, true, "the second");
  expect(second[0] == 77, "written");
  touch(second - 1);
  touch(pages);
  expect_lost(kFirst, true, "the first");
  expect(second[-1] == 77 && second[-static_cast<ptrdiff_t>(page)] == 0, "the rest of a page");
  touch(second + 2 * page - 1);
  // Watched anew it is whole; what is not watched is nobody's.
  fault::watch(kFirst,
               {.control = second + 2 * page, .control_bytes = page, .first = 0, .cells = 0, .fd = -1});
  expect_lost(kFirst, false, "watched anew");
  fault::forget(kFirst);
  fault::watch(kSecond,
               {.control = second + 2 * page, .control_bytes = page, .first = 0, .cells = 0, .fd = -1});
  touch(second + 2 * page);
  expect_lost(kFirst, false, "one that is not watched");
  expect_lost(kSecond, true, "the one that is");
  fault::forget(kSecond);
  munmap(pages, 5 * page);
}

struct Cut {
  explicit Cut(const char* name) : path(folder() + "/" + name) {
    const int32_t created = region::create_file(path.c_str(), kCells);
    expect(created > 0, "a file", created);
    number = static_cast<uint32_t>(created);
    region::info(number, &info);
  }
  ~Cut() {
    region::close(number);
    unlink(path.c_str());
  }
  Cut(const Cut&) = delete;
  Cut& operator=(const Cut&) = delete;

  int64_t* cell(uint32_t stripe, uint32_t i) const { return info.directory->cell(stripe, i); }
  void cut() const { expect(truncate(path.c_str(), 0) == 0, "cut"); }

  std::string path;
  uint32_t number;
  region::Info info;
};

/// Every cell of every stripe, and none of a region beside.
void lose_cells() {
  const Cut before("before");
  const Cut lost("lost");
  const Cut behind("behind");
  lost.cut();
  expect(!fault::is_lost(lost.number), "not seen yet");
  const uint32_t stripes = lost.info.directory->sizes.stripes + 2;
  for (uint32_t stripe = 0; stripe < stripes; ++stripe) {
    for (const uint32_t i : {kCells - 1, 0U}) {
      *lost.cell(stripe, i) = 5;
      expect(*lost.cell(stripe, i) == 5, "a cell", *lost.cell(stripe, i));
      expect(fault::is_lost(lost.number), "seen in a stripe", stripe);
      expect(*before.cell(stripe, i) == 0 && *behind.cell(stripe, i) == 0, "cells beside", stripe);
    }
  }
  expect(region::check(lost.number) == region::kLost, "said to be lost", region::check(lost.number));
  for (const Cut* one : {&before, &behind})
    expect(region::check(one->number) == 0, "one beside is not lost", region::check(one->number));
  before.cut();
  *before.cell(0, kCells - 1) = 5;
  *before.cell(stripes - 1, kCells - 1) = 5;
  behind.cut();
  expect(fault::is_lost(before.number) && !fault::is_lost(behind.number), "the one before");
  *behind.cell(stripes - 1, 0) = 5;
  expect(fault::is_lost(behind.number), "the one behind");
}

/// A cut control part, read as anybody does who looks.
void lose_control() {
  const Cut lost("control");
  lost.cut();
  expect(region::check(lost.number) == region::kLost, "found by a look");
}

// --- a process whose own handler was there first --------------------------------------------------------

char* nobodys;
char* lost_page;
char alternate[65536];

bool is_on_alternate() {
  const char here = 0;
  const volatile char* at = &here;
  return at >= alternate && at < alternate + sizeof alternate;
}

/// What a handler expects, it ends the process with.
void on_signal_info(int signal, siginfo_t* info, void* context) {
  bool holds = signal == SIGBUS && context != nullptr && info->si_addr == nobodys;
#ifndef __SANITIZE_THREAD__  // which lets no signal through while there is one, and gives handlers an errno
                             // of its own
  holds = holds && errno == 123;
  // Within a handler a lost page is replaced, too.
  touch(lost_page);
  holds = holds && fault::is_lost(kFirst);
#endif
  _exit(holds ? 40 : 41);
}

void on_signal(int signal) {
  const bool holds = signal == SIGBUS && is_on_alternate() && !fault::is_lost(kFirst);
  _exit(holds ? 42 : 43);
}

/// From somebody who only says that it is a fault, at a page that is watched.
void send_forged() {
  siginfo_t info = {};
  info.si_signo = SIGBUS;
  info.si_code = SI_USER;
  info.si_addr = lost_page;
  syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGBUS, &info);
}

/// Puts a page where a region was: once that is closed, the memory is as any.
void touch_closed() {
  const int32_t number = region::create_memfd(kCells);
  region::Info info;
  if (number <= 0 || !region::info(static_cast<uint32_t>(number), &info)) return;
  void* was = info.directory->header;
  region::close(static_cast<uint32_t>(number));
  if (mremap(nobodys, page_bytes(), page_bytes(), MREMAP_MAYMOVE | MREMAP_FIXED, was) == was)
    touch(static_cast<char*>(was));
}

/// A page that would be a region's cells if there were a stripe more.
void touch_behind() {
  const int32_t number = region::create_memfd(kCells);
  region::Info info;
  if (number <= 0 || !region::info(static_cast<uint32_t>(number), &info)) return;
  const region::Directory& directory = *info.directory;
  void* behind = directory.cell(directory.sizes.stripes + 2, 0);
  // Where something is already, nothing is shown.
  if (mmap(behind, page_bytes(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) !=
      behind)
    return;
  if (mremap(nobodys, page_bytes(), page_bytes(), MREMAP_MAYMOVE | MREMAP_FIXED, behind) == behind)
    touch(static_cast<char*>(behind));
}

struct Handler {
  const char* name;
  int ends;  ///< with that status, or by SIGBUS: −1
};
constexpr Handler kHandlers[] = {{"info", 40},   {"plain", 42},  {"forged", 42}, {"default", -1},
                                 {"ignore", -1}, {"closed", -1}, {"behind", -1}};

void expect_handed_on(const Handler& handler) {
  int status = 0;
  waitpid(start_again({"bus", handler.name}), &status, 0);
  const bool as_expected = handler.ends < 0 ? WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS
                                            : WIFEXITED(status) && WEXITSTATUS(status) == handler.ends;
  expect(as_expected, handler.name, status, handler.ends);
}

}  // namespace

int meet_bus(const char* handler) {
  prctl(PR_SET_DUMPABLE, 0);  // a core is of no use
  const stack_t stack = {.ss_sp = alternate, .ss_flags = 0, .ss_size = sizeof alternate};
  sigaltstack(&stack, nullptr);
  struct sigaction action = {};
  action.sa_handler = on_signal;
  const bool is_closed = strcmp(handler, "closed") == 0;
  const bool is_behind = strcmp(handler, "behind") == 0;
  if (is_closed || is_behind || strcmp(handler, "default") == 0) action.sa_handler = SIG_DFL;
  if (strcmp(handler, "ignore") == 0) action.sa_handler = SIG_IGN;
  if (strcmp(handler, "info") == 0) {
    action.sa_sigaction = on_signal_info;
    action.sa_flags = SA_SIGINFO;
  }
  sigaction(SIGBUS, &action, nullptr);
  nobodys = map_nothing(1);
  lost_page = map_nothing(1);
  // Installed once: else a signal would be handed on to itself.
  for (const uint32_t number : {kSecond, kFirst})
    fault::watch(number,
                 {.control = lost_page, .control_bytes = page_bytes(), .first = 0, .cells = 0, .fd = -1});
  fault::forget(kSecond);
  errno = 123;
  if (strcmp(handler, "forged") == 0) send_forged();
  if (is_closed) touch_closed();
  if (is_behind) touch_behind();
  touch(nobodys);
  return 1;
}

void lose_pages() {
  tell_whose();
  lose_cells();
  lose_control();
  for (const Handler& handler : kHandlers) expect_handed_on(handler);
  operations += 50;
}

}  // namespace structures
