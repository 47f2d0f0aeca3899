#include "sigbus.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>

namespace rseq::region::sigbus {
namespace {

/// Who had the signal before this handler: at first, and then each that came over it. Those are written one
/// after the other, for a handler may be reading the last one.
constexpr uint32_t kFollowing = 8;
struct sigaction at_first = {};
struct sigaction following[kFollowing] = {};
const struct sigaction* latest = nullptr;
uint32_t count = 0;

pthread_mutex_t installing = PTHREAD_MUTEX_INITIALIZER;
Mend mend_access = nullptr;
/// Of the signal that is being handed on.
void* handed_on = nullptr;

void hand_on(const struct sigaction& to, int signal, siginfo_t* info, void* context) {
  if ((to.sa_flags & SA_SIGINFO) != 0) {
    to.sa_sigaction(signal, info, context);
  } else if (to.sa_handler != SIG_DFL && to.sa_handler != SIG_IGN) {
    to.sa_handler(signal);
  } else {
    sigaction(signal, &to, nullptr);  // and the access is made again, for the default to happen
  }
}

void handle(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  const bool ours = info->si_code > 0 && mend_access(static_cast<const char*>(info->si_addr));
  errno = error;
  if (ours) return;
  // Who came over this handler may hand on to it, as the one before its own. Then the signal is for who had
  // it at first.
  const bool is_back = __atomic_exchange_n(&handed_on, context, __ATOMIC_RELAXED) == context;
  hand_on(is_back ? at_first : *__atomic_load_n(&latest, __ATOMIC_ACQUIRE), signal, info, context);
  __atomic_store_n(&handed_on, nullptr, __ATOMIC_RELAXED);
}

bool is_ours(const struct sigaction& one) {
  return (one.sa_flags & SA_SIGINFO) != 0 && one.sa_sigaction == handle;
}

void remember(const struct sigaction& one) {
  struct sigaction* place = latest == nullptr ? &at_first : &following[count++ % kFollowing];
  *place = one;
  __atomic_store_n(&latest, place, __ATOMIC_RELEASE);
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
    if (sigaction(SIGBUS, &action, &replaced) == 0 && !is_ours(replaced) &&
        replaced.sa_sigaction != now.sa_sigaction)
      remember(replaced);
  }
  pthread_mutex_unlock(&installing);
}

}  // namespace rseq::region::sigbus
