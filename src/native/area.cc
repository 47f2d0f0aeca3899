#include "area.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "area_pool.h"
#include "cpu.h"
#include "kernel.h"

namespace rseq::area {
namespace {

/// What a thread without a usable area operates on. Its ids are above every stripe number, so no section
/// is entered and nothing is ever written here.
abi::Area parked = {
    .cpu_id_start = 0,
    .cpu_id = abi::kUnregistered,
    .rseq_cs = 0,
    .flags = 0,
    .node_id = 0,
    .mm_cid = abi::kUnregistered,
    .slice_ctrl = 0,
};

constinit thread_local State state = {};
/// Memory for this thread's own area: registered if the state says kSelf, and otherwise not. The thread
/// keeps it to its end, for JavaScript holds a view of it, which must not come to show another thread's ids.
constinit thread_local abi::Area* own_memory = nullptr;
/// Addon instances of this thread: a module can be loaded into it more than once.
constinit thread_local uint32_t instances = 0;

bool is_live(const abi::Area* area) { return static_cast<int32_t>(abi::load(&area->cpu_id)) >= 0; }

enum class Verdict { kTrue, kFalse, kNodeFalse };

/// Holds the area against the getcpu system call, on whatever CPU the thread is. A look counts only if
/// cpu_id was the same before and after the call; a thread that moved away and back in between would be
/// judged wrongly, hence three looks. Where getcpu is denied there is nothing to compare with.
Verdict check(const abi::Area* area, uint32_t size) {
  constexpr int kLooks = 3;
  Verdict verdict = Verdict::kTrue;
  for (int wrong = 0, tries = 0; wrong < kLooks && tries < 100; ++tries) {
    cpu::Location seen;
    const uint32_t before = abi::load(&area->cpu_id);
    const uint32_t node = abi::load(&area->node_id);
    if (before >= cpu::possible()) return Verdict::kFalse;
    if (cpu::getcpu(&seen) != 0) return Verdict::kTrue;
    if (abi::load(&area->cpu_id) != before) continue;
    if (seen.cpu == before && (size < abi::kSizeNodeId || seen.node == node)) return Verdict::kTrue;
    verdict = seen.cpu == before ? Verdict::kNodeFalse : Verdict::kFalse;
    ++wrong;
  }
  return verdict;
}

const State& refuse(Reason reason, int error) {
  state = {};
  state.settled = true;
  state.reason = reason;
  state.error = error;
  own_area = &parked;
  return state;
}

/// Takes `area` into use, after holding it against the getcpu system call.
/// @return false, with the state saying so, where it does not tell the truth
bool adopt(Registration registration, abi::Area* area, uint32_t size, uint32_t registered_size) {
  const kernel::Suspicion suspicion = kernel::suspicion();
  const Verdict verdict = suspicion.reads ? Verdict::kFalse : check(area, size);
  if (verdict == Verdict::kFalse) {
    refuse(Reason::kUntrustedKernel, 0);
    return false;
  }
  state = {
      .settled = true,
      .sections = !suspicion.sections,
      .node_id = size >= abi::kSizeNodeId && verdict != Verdict::kNodeFalse,
      .registration = registration,
      .reason = suspicion.sections ? Reason::kUntrustedKernel : Reason::kOk,
      .error = 0,
      .area = area,
      .size = size,
      .flags = 0,
      .registered_size = registered_size,
  };
  return true;
}

/// Live bytes of an area that was registered with the legacy length.
uint32_t legacy_size() {
  const uint32_t size = kernel::feature_size();
  if (size == 0) return abi::kSizeBase;
  return size < abi::kLegacyLength ? size : abi::kLegacyLength;
}

/// The length to register an area of our own with: the longer one gives the optimized mode (7.0.10).
uint32_t own_length() {
  const uint32_t size = kernel::feature_size();
  return size > abi::kLegacyLength ? size : abi::kLegacyLength;
}

// --- libc's area ------------------------------------------------------------------------------------------

struct LibcSymbols {
  const ptrdiff_t* offset;
  const unsigned int* size;
  const unsigned int* flags;
};

LibcSymbols libc_symbols() {
  return {
      .offset = static_cast<const ptrdiff_t*>(dlsym(RTLD_DEFAULT, "__rseq_offset")),
      .size = static_cast<const unsigned int*>(dlsym(RTLD_DEFAULT, "__rseq_size")),
      .flags = static_cast<const unsigned int*>(dlsym(RTLD_DEFAULT, "__rseq_flags")),
  };
}

/// The symbols prove nothing by themselves: a size of 0 says that libc registers no thread.
bool libc_registers(const LibcSymbols& libc) {
  return libc.offset != nullptr && libc.size != nullptr && *libc.size != 0;
}

const State& settle_with_libc(const LibcSymbols& libc) {
  auto* area = reinterpret_cast<abi::Area*>(abi::thread_pointer() + *libc.offset);
  if (!is_live(area)) return refuse(Reason::kRefused, 0);
  // glibc 2.35 to 2.40 says 20 or 32, whatever the kernel writes into the 32 bytes that it registered.
  const bool fixed = *libc.size == abi::kSizeBase || *libc.size == abi::kLegacyLength;
  const uint32_t size = fixed ? legacy_size() : *libc.size;
  const uint32_t registered = *libc.size <= abi::kLegacyLength ? abi::kLegacyLength : *libc.size;
  // One kernel, one verdict: sections in libc's areas end for all threads where one thread's was wrong.
  static bool distrusted = false;
  const bool trusted = adopt(Registration::kLibc, area, size, registered);
  if (trusted) state.flags = libc.flags != nullptr ? *libc.flags : 0;
  if (!trusted || !state.sections) __atomic_store_n(&distrusted, true, __ATOMIC_SEQ_CST);
  if (size >= abi::kSizeMmCid) __atomic_store_n(&mm_cid_live, true, __ATOMIC_RELAXED);
  const int64_t offset = __atomic_load_n(&distrusted, __ATOMIC_SEQ_CST) ? 0 : *libc.offset;
  __atomic_store_n(&libc_offset, offset, __ATOMIC_RELAXED);
  return state;
}

// --- an area of our own, or somebody else's ----------------------------------------------------------------

void use_own(abi::Area* area) {
  if (!state.sections) return;
  if (state.size >= abi::kSizeMmCid) __atomic_store_n(&mm_cid_live, true, __ATOMIC_RELAXED);
  own_area = area;
}

/// `__rseq_abi` is the TLS symbol of libraries from before glibc had the registration. Trying to register
/// it again tells whether it is this thread's registration, with our signature: EBUSY. Only safe where the
/// thread is known to be registered, for otherwise it would succeed.
const State& settle_with_foreign() {
  auto* area = static_cast<abi::Area*>(dlsym(RTLD_DEFAULT, "__rseq_abi"));
  if (area != nullptr && kernel::rseq(area, abi::kLegacyLength, 0) == EBUSY && is_live(area)) {
    if (adopt(Registration::kForeign, area, legacy_size(), abi::kLegacyLength)) use_own(area);
    return state;
  }
  const char* version = glibc_version();
  const bool hidden = version != nullptr && strcmp(version, "2.34") == 0 && !libc_symbols().size;
  refuse(hidden ? Reason::kLibcHidden : Reason::kForeignOwner, EINVAL);
  state.registration = Registration::kForeign;
  return state;
}

int unregister(abi::Area* area, uint32_t length) {
  __atomic_store_n(&area->rseq_cs, 0, __ATOMIC_RELAXED);
  return kernel::rseq(area, length, abi::kUnregisterFlag);
}

bool take_memory() {
  if (own_memory != nullptr) return true;
  own_memory = area_pool::take();
  if (own_memory != nullptr) area_pool::clear(own_memory);
  return own_memory != nullptr;
}

const State& settle_with_own() {
  const int probed = kernel::probe();
  if (probed == ENOSYS) return refuse(Reason::kEnosys, probed);
  if (probed == EPERM) return refuse(Reason::kEperm, probed);
  if (probed != EINVAL) return refuse(Reason::kRefused, probed);
  if (!take_memory()) return refuse(Reason::kNoMemory, ENOMEM);
  abi::Area* area = own_memory;
  area_pool::clear(area);

  // A process restored on another kernel can have been told of a length that this one does not take.
  uint32_t length = own_length();
  int error = kernel::rseq(area, length, 0);
  if (error == EINVAL && length > abi::kLegacyLength) {
    length = abi::kLegacyLength;
    error = kernel::rseq(area, length, 0);
  }
  if (error != 0) {
    if (error == EINVAL) return settle_with_foreign();
    return refuse(error == EPERM ? Reason::kEperm : Reason::kRefused, error);
  }
  const uint32_t size = length > abi::kLegacyLength ? length : legacy_size();
  // Some emulators answer 0 and do nothing: then cpu_id is still what it was.
  if (is_live(area) && adopt(Registration::kSelf, area, size, length)) {
    use_own(area);
  } else {
    if (unregister(area, length) == 0) {
      area_pool::clear(area);
    } else {
      own_memory = nullptr;  // the kernel may still write to it: nobody's for good
    }
    refuse(Reason::kUntrustedKernel, 0);
  }
  return state;
}

}  // namespace

constinit int64_t libc_offset = 0;
constinit bool mm_cid_live = false;
constinit thread_local abi::Area* own_area = &parked;

const State& settle() {
  if (state.settled) return state;
  const LibcSymbols libc = libc_symbols();
  return libc_registers(libc) ? settle_with_libc(libc) : settle_with_own();
}

const State& register_thread() {
  if (state.area == nullptr && state.reason != Reason::kThreadEnding) state = {};
  return settle();
}

const State& unregister_thread() {
  if (state.registration != Registration::kSelf) return state;
  own_area = &parked;
  const int error = unregister(own_memory, state.registered_size);
  if (error == 0) return refuse(Reason::kUnregistered, 0);
  own_memory = nullptr;
  return refuse(Reason::kRefused, error);
}

View view() {
  const LibcSymbols libc = libc_symbols();
  if (libc_registers(libc)) {
    const State& with_libc = settle();
    return {.area = with_libc.area, .size = with_libc.size};
  }
  if (!take_memory()) return {.area = nullptr, .size = 0};
  return {.area = own_memory, .size = own_length() > abi::kLegacyLength ? own_length() : legacy_size()};
}

const char* glibc_version() {
  const auto version = reinterpret_cast<const char* (*)()>(dlsym(RTLD_DEFAULT, "gnu_get_libc_version"));
  return version != nullptr ? version() : nullptr;
}

void attach() {
  if (instances++ == 0 && state.reason == Reason::kThreadEnding) state = {};
}

void release() {
  if (--instances != 0) return;
  own_area = &parked;
  if (own_memory != nullptr) {
    const bool registered = state.registration == Registration::kSelf;
    if (!registered || unregister(own_memory, state.registered_size) == 0) area_pool::give_back(own_memory);
    own_memory = nullptr;
  }
  // libc's area stays registered until the thread is gone.
  if (state.registration != Registration::kLibc) refuse(Reason::kThreadEnding, 0);
}

}  // namespace rseq::area
