/// Areas where the kernel, or a filter in its place, refuses, lies, or takes other lengths than it said: each
/// in a program of its own, whose areas are not libc's.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auxiliary.h"
#include "harness.h"
#include "thread/area_pool.h"
#include "thread/trust.h"

namespace structures {
namespace {

namespace abi = rseq::abi;
namespace area = rseq::area;
namespace area_pool = rseq::area_pool;
namespace trust = rseq::trust;
using area::Reason;

constexpr int kRegister = 0;

/// From now on rseq(2) with these flags and such a length, or a longer one, fails; or does nothing, where the
/// error is 0.
void answer(int flags, uint32_t length, int error) {
  const auto number = static_cast<uint32_t>(abi::kSysRseq);
  const auto denied = SECCOMP_RET_ERRNO | static_cast<uint32_t>(error);
  constexpr uint32_t kLength = offsetof(seccomp_data, args) + 1 * sizeof(uint64_t);
  constexpr uint32_t kFlags = offsetof(seccomp_data, args) + 2 * sizeof(uint64_t);
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 5),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kFlags),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(flags), 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kLength),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, length, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, denied),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
  expect(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no new privileges", errno);
  expect(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0, "a filter", errno);
}

void expect_areas(uint32_t expected) {
  expect(area_pool::count().in_use == expected, "areas in use", area_pool::count().in_use, expected);
}

/// The memory that was this thread's is nobody's for good.
void expect_another(const abi::Area* before) {
  expect_areas(1);
  const area::View now = area::view();
  expect(now.area != nullptr && now.area != before, "another area");
  expect_areas(2);
}

// --- what the kernel refuses ------------------------------------------------------------------------------

void refuse_length() {
  say(40, 64);
  if (!is_said(40)) return;
  answer(kRegister, 33, EINVAL);
  expect_settled(Reason::kOk, 0, "with the length that every kernel takes");
  expect(area::settle().registered_size == 32, "its length", area::settle().registered_size, 32);
  expect(area::settle().size == 32, "its size", area::settle().size, 32);
}

void take_length() {
  say(40, 64);
  if (!is_said(40)) return;
  expect(area::view().size == 40, "as long as the kernel says", area::view().size, 40);
  expect_settled(Reason::kOk, 0, "a longer one");
  expect(area::settle().registered_size == 40 && area::settle().size == 40, "its length",
         area::settle().size);
}

void refuse_longer() {
  say(40, 64);
  if (!is_said(40)) return;
  answer(kRegister, 33, EPERM);
  expect_settled(Reason::kEperm, EPERM, "no other length is tried");
}

void refuse_all() {
  answer(kRegister, 1, EPERM);
  expect_settled(Reason::kEperm, EPERM, "denied");
  expect_areas(1);
}

void refuse_otherwise() {
  answer(kRegister, 1, ENOMEM);
  expect_settled(Reason::kRefused, ENOMEM, "refused");
}

void belong_to_others() {
  answer(kRegister, 1, EINVAL);
  expect_settled(Reason::kForeignOwner, EINVAL, "somebody else's thread");
  expect(area::settle().registration == area::Registration::kForeign, "whose it is");
}

void register_nothing() {
  answer(kRegister, 1, 0);
  const abi::Area* before = area::view().area;
  expect_settled(Reason::kUntrustedKernel, 0, "said to be registered");
  expect_another(before);
}

void do_nothing() {
  answer(kRegister, 1, 0);
  answer(abi::kUnregisterFlag, 1, 0);
  const abi::Area* before = area::view().area;
  expect_settled(Reason::kUntrustedKernel, 0, "said to be registered, and not to be");
  expect(area::view().area == before, "the same area");
  expect_areas(1);
}

template <int error>
void stay_registered() {
  expect_settled(Reason::kOk, 0, "registered");
  const abi::Area* before = area::view().area;
  answer(abi::kUnregisterFlag, 1, error);
  area::unregister_thread();
  expect_settled(Reason::kRefused, EPERM, "still registered");
  expect_another(before);
}

template <int error>
void end_registered() {
  expect_settled(Reason::kOk, 0, "registered");
  answer(abi::kUnregisterFlag, 1, error);
  expect(area::release(), "the last instance");
  expect_settled(Reason::kThreadEnding, 0, "ended");
  expect_areas(1);
}

void have_no_memory() {
  struct rlimit bounds;
  getrlimit(RLIMIT_AS, &bounds);
  const struct rlimit none = {.rlim_cur = 4096, .rlim_max = bounds.rlim_max};
  setrlimit(RLIMIT_AS, &none);
  const area::View view = area::view();
  const area::State state = area::settle();
  setrlimit(RLIMIT_AS, &bounds);
  expect(view.area == nullptr && view.size == 0, "nothing to look at", view.size);
  expect(state.reason == Reason::kNoMemory && state.error == ENOMEM, "no memory", state.error);
}

// --- how long and where areas are --------------------------------------------------------------------------

/// Each of `size` bytes from the next one.
void expect_apart(uint32_t feature_size, uint32_t align, uint64_t size) {
  say(feature_size, align);
  if (!is_said(feature_size)) return;
  const auto first = reinterpret_cast<uintptr_t>(area_pool::take());
  for (uint64_t i = 1; i < 4; ++i) {
    const auto next = reinterpret_cast<uintptr_t>(area_pool::take());
    expect(next == first + i * size, "the next one", static_cast<int64_t>(next - first));
  }
  expect(first % size == 0, "where it is", static_cast<int64_t>(first));
}

void be_long() { expect_apart(300, 32, 512); }
void be_aligned() { expect_apart(28, 256, 256); }
void be_short() { expect_apart(128, 128, 128); }

void be_too_long() {
  constexpr uint32_t kMost = 64 * 1024;
  say(kMost, 32);
  if (!is_said(kMost)) return;
  expect(area_pool::take() != nullptr, "the longest one");
  say(kMost + 1, 32);
  expect(area_pool::take() == nullptr, "a longer one");
}

// --- what the abort check says -----------------------------------------------------------------------------

template <bool aborted>
void await() {
  for (int i = 0; i < 2; ++i) {
    const area::State& state = area::settle();
    expect(state.reason == Reason::kUntrustedKernel && state.awaited && !state.sections, "not answered yet");
    expect(area::current() == &area::awaiting, "where it counts until then");
  }
  trust::answer(aborted);
  const area::State& state = area::settle();
  expect(!state.awaited && state.sections == aborted, "answered");
  expect(state.reason == (aborted ? Reason::kOk : Reason::kUntrustedKernel), "with that");
  expect((area::current() == state.area) == aborted && area::current() != &area::awaiting, "where it counts");
}

struct Case {
  const char* name;
  void (*run)();
  bool probes = false;  ///< the kernel is suspect
};
constexpr Case kCases[] = {
    {"another length", refuse_length},
    {"a longer length", take_length},
    {"no longer one", refuse_longer},
    {"denied", refuse_all},
    {"refused", refuse_otherwise},
    {"another owner", belong_to_others},
    {"nothing registered", register_nothing},
    {"nothing done", do_nothing},
    {"not unregistered", stay_registered<EPERM>},
    {"said to be unregistered", stay_registered<0>},
    {"not unregistered at the end", end_registered<EPERM>},
    {"said to be unregistered at the end", end_registered<0>},
    {"no memory", have_no_memory},
    {"long areas", be_long},
    {"aligned areas", be_aligned},
    {"short areas", be_short},
    {"areas that are too long", be_too_long},
    {"an answer", await<true>, true},
    {"another answer", await<false>, true},
};

}  // namespace

int meet_refusal(const char* name) {
  for (const Case& one : kCases) {
    if (strcmp(one.name, name) != 0) continue;
    area::attach();
    one.run();
    return violations == 0 ? 0 : 1;
  }
  return 2;
}

void refuse_areas() {
  // Where rseq is denied already, or there is none, all of this was met by settle().
  if (!has_sections()) return;
  for (const Case& one : kCases) {
    std::vector<std::string> environment = {"GLIBC_TUNABLES=glibc.pthread.rseq=0"};
    if (one.probes) environment.emplace_back("RSEQ_PROBE=1");
    int status = 0;
    waitpid(start_again({"refusal", one.name}, environment), &status, 0);
    expect(status == 0, one.name, status);
    ++operations;
  }
}

}  // namespace structures
