#include "steps.h"

#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

#if STRUCTURES_STEPS

namespace structures {
namespace {

constexpr unsigned long long kTrapFlag = 0x100;
const std::function<void()>* after_each = nullptr;

/// The step's first instruction: a system call is one step with what follows it. And the next step's.
const uint8_t* was = nullptr;
const uint8_t* next = nullptr;
bool is_over = false;

void on_trap(int, siginfo_t*, void* context) {
  greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  was = next;
  next = reinterpret_cast<const uint8_t*>(registers[REG_RIP]);
  if (*after_each) (*after_each)();
  if (is_over) registers[REG_EFL] &= ~static_cast<greg_t>(kTrapFlag);
}

}  // namespace

void in_steps(const std::function<void()>& work, const std::function<void()>& then) {
  struct sigaction ours = {};
  struct sigaction before = {};
  ours.sa_sigaction = on_trap;
  ours.sa_flags = SA_SIGINFO;
  after_each = &then;
  next = nullptr;
  is_over = false;
  sigaction(SIGTRAP, &ours, &before);
  __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() | kTrapFlag);
  work();
  __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~kTrapFlag);
  sigaction(SIGTRAP, &before, nullptr);
}

void end_steps() { is_over = true; }

bool was_call() { return was != nullptr && was[0] == 0x0f && was[1] == 0x05; }

}  // namespace structures

#endif
