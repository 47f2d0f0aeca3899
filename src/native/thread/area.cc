#include "thread/area.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include <algorithm>

#include "kernel/kernel.h"
#include "kernel/libc.h"
#include "thread/area_pool.h"
#include "thread/trust.h"

namespace rseq::area {
namespace {

/// What a thread without a usable area operates on. Its ids are above every stripe number, so no section
/// is entered and nothing is ever written here.
constexpr abi::Area kNowhere = {
    .cpu_id_start = 0,
    .cpu_id = abi::kUnregistered,
    .rseq_cs = 0,
    .flags = 0,
    .node_id = 0,
    .mm_cid = abi::kUnregistered,
    .slice_ctrl = 0,
};
constinit abi::Area parked = kNowhere;

constinit thread_local State state = {};
/// Memory for this thread's own area: registered if the state says kSelf, and otherwise not. The thread
/// keeps it to its end, for JavaScript holds a view of it, which must not come to show another thread's ids.
constinit thread_local abi::Area* own_memory = nullptr;
/// Addon instances of this thread: a module can be loaded into it more than once.
constinit thread_local uint32_t instances = 0;

bool is_live(const abi::Area* area) { return static_cast<int32_t>(abi::load(&area->cpu_id)) >= 0; }

/// own_area is parked: what was routed elsewhere, its owner has taken back.
const State& refuse(Reason reason, int error) {
  state = {};
  state.settled = true;
  state.reason = reason;
  state.error = error;
  return state;
}

/// What trust::sections() says, for this thread's state.
void judge(trust::Sections sections) {
  state.sections = sections == trust::Sections::kTrusted;
  state.awaited = sections == trust::Sections::kAwaited;
  state.reason = state.sections ? Reason::kOk : Reason::kUntrustedKernel;
}

/// Takes `area` into use, after holding it against the getcpu system call.
/// @return false, with the state saying so, where it does not tell the truth
bool adopt(Registration registration, abi::Area* area, uint32_t size, uint32_t registered_size) {
  const trust::Reads reads = trust::reads(area, size);
  if (reads == trust::Reads::kFalse) {
    refuse(Reason::kUntrustedKernel, 0);
    return false;
  }
  state = {};
  state.settled = true;
  state.node_id = size >= abi::kSizeNodeId && reads != trust::Reads::kNodeFalse;
  state.registration = registration;
  state.area = area;
  state.size = size;
  state.registered_size = registered_size;
  judge(trust::sections());
  return true;
}

/// One kernel, one verdict: sections in libc's areas end for all threads where one thread's was wrong.
constinit bool libc_distrusted = false;

/// Where this thread's operations go from now on.
void route() {
  own_area = state.awaited ? &awaiting : &parked;
  if (!state.sections) return;
  if (state.size >= abi::kSizeMmCid) __atomic_store_n(&mm_cid_live, true, __ATOMIC_RELAXED);
  if (state.registration != Registration::kLibc) {
    own_area = state.area;
  } else {
    const int64_t offset = reinterpret_cast<char*>(state.area) - abi::thread_pointer();
    __atomic_store_n(&libc_offset, offset, __ATOMIC_SEQ_CST);
    // Stored first, looked at after: whoever distrusts meanwhile does both the other way round.
    if (__atomic_load_n(&libc_distrusted, __ATOMIC_SEQ_CST))
      __atomic_store_n(&libc_offset, 0, __ATOMIC_SEQ_CST);
  }
}

/// Live bytes of an area that was registered with the legacy length.
uint32_t legacy_size() {
  const uint32_t size = kernel::feature_size();
  return size == 0 ? abi::kSizeBase : std::min(size, abi::kLegacyLength);
}

/// The length to register an area of our own with: the longer one gives the optimized mode (7.0.10).
uint32_t own_length() { return std::max(kernel::feature_size(), abi::kLegacyLength); }

// --- libc's area ------------------------------------------------------------------------------------------

const State& settle_with_libc(const libc::Symbols& libc) {
  auto* area = reinterpret_cast<abi::Area*>(abi::thread_pointer() + *libc.offset);
  if (!is_live(area)) return refuse(Reason::kRefused, 0);
  // glibc 2.35 to 2.40 says 20 or 32, whatever the kernel writes into the 32 bytes that it registered.
  const bool fixed = *libc.size == abi::kSizeBase || *libc.size == abi::kLegacyLength;
  const uint32_t size = fixed ? legacy_size() : *libc.size;
  const uint32_t registered = *libc.size <= abi::kLegacyLength ? abi::kLegacyLength : *libc.size;
  if (adopt(Registration::kLibc, area, size, registered)) {
    state.flags = libc.flags != nullptr ? *libc.flags : 0;
    route();
  } else {
    __atomic_store_n(&libc_distrusted, true, __ATOMIC_SEQ_CST);
    __atomic_store_n(&libc_offset, 0, __ATOMIC_SEQ_CST);
  }
  return state;
}

// --- an area of our own, or somebody else's ----------------------------------------------------------------

/// `__rseq_abi` is the TLS symbol of libraries from before glibc had the registration. Trying to register
/// it again tells whether it is this thread's registration, with our signature: EBUSY. Only safe where the
/// thread is known to be registered, for otherwise it would succeed.
const State& settle_with_foreign() {
  auto* area = static_cast<abi::Area*>(dlsym(RTLD_DEFAULT, "__rseq_abi"));
  if (area != nullptr && kernel::rseq(area, abi::kLegacyLength, 0) == EBUSY && is_live(area)) {
    if (adopt(Registration::kForeign, area, legacy_size(), abi::kLegacyLength)) route();
    return state;
  }
  const char* version = libc::glibc_version();
  const bool hidden = version != nullptr && strcmp(version, "2.34") == 0 && libc::symbols().size == nullptr;
  refuse(hidden ? Reason::kLibcHidden : Reason::kForeignOwner, EINVAL);
  state.registration = Registration::kForeign;
  return state;
}

int unregister(abi::Area* area, uint32_t length) {
  __atomic_store_n(&area->rseq_cs, 0, __ATOMIC_RELAXED);
  const int error = kernel::rseq(area, length, abi::kUnregisterFlag);
  // The kernel makes it −1. A filter that answers 0 in its place leaves the thread registered.
  return error == 0 && is_live(area) ? EPERM : error;
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
    route();
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
constinit abi::Area awaiting = kNowhere;
constinit thread_local abi::Area* own_area = &parked;

void look_again() {
  const trust::Sections sections = trust::sections();
  if (sections == trust::Sections::kAwaited) return;
  judge(sections);
  route();
}

const State& settle() {
  if (state.settled) {
    if (own_area == &awaiting) look_again();
    return state;
  }
  const libc::Symbols libc = libc::symbols();
  return libc.registers_threads() ? settle_with_libc(libc) : settle_with_own();
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
  const libc::Symbols libc = libc::symbols();
  if (libc.registers_threads()) {
    const State& with_libc = settle();
    return {.area = with_libc.area, .size = with_libc.size};
  }
  if (!take_memory()) return {.area = nullptr, .size = 0};
  return {.area = own_memory, .size = own_length() > abi::kLegacyLength ? own_length() : legacy_size()};
}

void attach() {
  if (instances++ == 0 && state.reason == Reason::kThreadEnding) state = {};
}

bool release() {
  if (--instances != 0) return false;
  own_area = &parked;
  if (own_memory != nullptr) {
    const bool registered = state.registration == Registration::kSelf;
    if (!registered || unregister(own_memory, state.registered_size) == 0) area_pool::give_back(own_memory);
    own_memory = nullptr;
  }
  // libc's area stays registered until the thread is gone.
  if (state.registration != Registration::kLibc) refuse(Reason::kThreadEnding, 0);
  return true;
}

}  // namespace rseq::area
