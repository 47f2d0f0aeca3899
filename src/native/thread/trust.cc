#include "thread/trust.h"

#include "kernel/cpu.h"
#include "kernel/kernel.h"

namespace rseq::trust {
namespace {

/// What the abort check has found: of type Sections.
constinit auto answered = static_cast<uint8_t>(Sections::kAwaited);

}  // namespace

Reads reads(const abi::Area* area, uint32_t size) {
  if (kernel::suspicion().reads) return Reads::kFalse;
  // A look counts only if cpu_id was the same before and after the call; a thread that moved away and back
  // in between would be judged wrongly, hence three looks.
  constexpr int kLooks = 3;
  Reads verdict = Reads::kTrue;
  for (int wrong = 0, tries = 0; wrong < kLooks && tries < 100; ++tries) {
    cpu::Location seen;
    const uint32_t before = abi::load(&area->cpu_id);
    const uint32_t node = abi::load(&area->node_id);
    if (before >= cpu::possible()) return Reads::kFalse;
    if (cpu::getcpu(&seen) != 0) return Reads::kTrue;
    if (abi::load(&area->cpu_id) != before) continue;
    if (seen.cpu == before && (size < abi::kSizeNodeId || seen.node == node)) return Reads::kTrue;
    verdict = seen.cpu == before ? Reads::kNodeFalse : Reads::kFalse;
    ++wrong;
  }
  return verdict;
}

Sections sections() {
  if (!kernel::suspicion().sections) return Sections::kTrusted;
  return static_cast<Sections>(__atomic_load_n(&answered, __ATOMIC_RELAXED));
}

void answer(bool sections_are_aborted) {
  const Sections sections = sections_are_aborted ? Sections::kTrusted : Sections::kRefused;
  __atomic_store_n(&answered, static_cast<uint8_t>(sections), __ATOMIC_RELAXED);
}

}  // namespace rseq::trust
