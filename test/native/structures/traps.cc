#include "traps.h"

#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>

namespace structures {
namespace {

char* trapped = nullptr;
std::function<void()> to_see;
struct sigaction before = {};

void open_page(int signal, siginfo_t* info, void*) {
  const auto* at = static_cast<const char*>(info->si_addr);
  if (trapped == nullptr || at < trapped || at >= trapped + page_bytes()) {
    sigaction(signal, &before, nullptr);  // a crash, when the access is made again
    return;
  }
  mprotect(trapped, page_bytes(), PROT_READ | PROT_WRITE);
  trapped = nullptr;
  to_see();
}

}  // namespace

size_t page_bytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

Trap::Trap(void* page, std::function<void()> seen) {
  trapped = static_cast<char*>(page);
  to_see = std::move(seen);
  struct sigaction action = {};
  action.sa_sigaction = open_page;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGSEGV, &action, &before);
  mprotect(page, page_bytes(), PROT_NONE);
}

Trap::~Trap() {
  if (trapped != nullptr) mprotect(trapped, page_bytes(), PROT_READ | PROT_WRITE);
  trapped = nullptr;
  sigaction(SIGSEGV, &before, nullptr);
}

bool Trap::was_touched() const { return trapped == nullptr; }

}  // namespace structures
