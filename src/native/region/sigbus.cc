#include "region/sigbus.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

namespace rseq::region::sigbus {
namespace {

/// Who had the signal before this handler, the last one last: the default, or whoever had it then, and each
/// that came over it since. A handler may be reading one of them: so it is written over only when many more
/// have come.
constexpr uint32_t kMost = 64;
struct sigaction before[kMost] = {};

/// Those that there are: in one word, for both are read together.
struct Chain {
  uint32_t begin;
  uint32_t end;
};
uint64_t chain = 0;

Chain load_chain() {
  const uint64_t word = __atomic_load_n(&chain, __ATOMIC_ACQUIRE);
  return {static_cast<uint32_t>(word >> 32), static_cast<uint32_t>(word)};
}

pthread_mutex_t installing = PTHREAD_MUTEX_INITIALIZER;
Mend mend_access = nullptr;

/// On the stack of each handler of a copy of this package that hands a signal on. They are linked from the
/// signal's own context, by a field that the kernel sets to 0 and does not read.
struct Passing {
  uint64_t magic;
  const void* copy;
  const Passing* outer;
};
constexpr uint64_t kMagic = 0x7273657170617373;

/// How often this copy was handed that signal before. Who came over this handler may hand on to it, as the
/// one before its own; and so may another copy.
uint32_t visits(const ucontext_t& context) {
  uint32_t found = 0;
  for (const auto* one = reinterpret_cast<const Passing*>(context.uc_link);
       one != nullptr && one->magic == kMagic; one = one->outer)
    if (one->copy == &before) ++found;
  return found;
}

void hand_on(const struct sigaction& to, int signal, siginfo_t* info, void* context) {
  if ((to.sa_flags & SA_SIGINFO) != 0) return to.sa_sigaction(signal, info, context);
  if (to.sa_handler != SIG_DFL && to.sa_handler != SIG_IGN) return to.sa_handler(signal);
  // Somebody has sent it.
  const bool is_sent = info->si_code <= 0;
  if (is_sent && to.sa_handler == SIG_IGN) return;
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigaction(signal, &action, nullptr);
  // Else the access is made again, for the default to happen.
  if (is_sent) syscall(SYS_tgkill, syscall(SYS_getpid), syscall(SYS_gettid), signal);
}

void handle(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  const bool ours = info->si_code > 0 && mend_access(static_cast<const char*>(info->si_addr));
  errno = error;
  if (ours) return;
  auto* frame = static_cast<ucontext_t*>(context);
  const auto [begin, end] = load_chain();
  const uint32_t visited = visits(*frame);
  const uint32_t which = visited < end - begin ? end - 1 - visited : begin;
  const Passing passing = {kMagic, &before, reinterpret_cast<const Passing*>(frame->uc_link)};
  frame->uc_link = reinterpret_cast<ucontext_t*>(const_cast<Passing*>(&passing));
  hand_on(before[which % kMost], signal, info, context);
  frame->uc_link = reinterpret_cast<ucontext_t*>(const_cast<Passing*>(passing.outer));
}

bool is_same(const struct sigaction& a, const struct sigaction& b) {
  return a.sa_sigaction == b.sa_sigaction && (a.sa_flags & SA_SIGINFO) == (b.sa_flags & SA_SIGINFO);
}

bool is_ours(const struct sigaction& one) {
  return (one.sa_flags & SA_SIGINFO) != 0 && one.sa_sigaction == handle;
}

void remember(const struct sigaction& one) {
  auto [begin, end] = load_chain();
  // Where there is nobody any more, those before have gone.
  const bool is_nobody =
      (one.sa_flags & SA_SIGINFO) == 0 && (one.sa_handler == SIG_DFL || one.sa_handler == SIG_IGN);
  if (is_nobody) begin = end;
  for (uint32_t i = begin; i != end; ++i)
    if (is_same(before[i % kMost], one)) return;
  before[end++ % kMost] = one;
  if (end - begin > kMost / 2) ++begin;
  __atomic_store_n(&chain, uint64_t{begin} << 32 | end, __ATOMIC_RELEASE);
}

}  // namespace

void stand_first(Mend mend) {
  struct sigaction now = {};
  if (sigaction(SIGBUS, nullptr, &now) != 0 || is_ours(now)) return;
  pthread_mutex_lock(&installing);
  mend_access = mend;
  // Before the handler is there: whoever meets it finds whom to hand on to.
  if (sigaction(SIGBUS, nullptr, &now) == 0 && !is_ours(now)) {
    remember(now);
    struct sigaction action = {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    struct sigaction replaced = {};
    // Another one can have come in between.
    if (sigaction(SIGBUS, &action, &replaced) == 0 && !is_ours(replaced)) remember(replaced);
  }
  pthread_mutex_unlock(&installing);
}

}  // namespace rseq::region::sigbus
