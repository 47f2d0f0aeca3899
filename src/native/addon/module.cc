/// The N-API surface: the module, and what is about the thread. Nothing here throws.
#include "addon/addon.h"

#include "kernel/cpu.h"
#include "kernel/kernel.h"
#include "kernel/libc.h"
#include "objects/counter.h"
#include "region/region.h"
#include "thread/abort_check.h"
#include "thread/area.h"
#include "thread/area_pool.h"
#include "thread/noise.h"
#include "thread/preemption.h"

namespace rseq::addon {
// --- where am I -------------------------------------------------------------------------------------------

/// () → libc's sched_getcpu(), or −1
napi_value schedGetcpu(napi_env env, napi_callback_info) { return integer(env, cpu::sched_getcpu()); }

/// () → node × 2³² + cpu from the getcpu system call, or −errno
napi_value getcpu(napi_env env, napi_callback_info) {
  cpu::Location location;
  const int error = cpu::getcpu(&location);
  return number(env, error == 0 ? location.node * 4294967296.0 + location.cpu : -error);
}

/// () → the thread's cpu_id from its area, else libc's sched_getcpu(), or −1
napi_value cpuId(napi_env env, napi_callback_info) {
  const abi::Area* area = area::settle().area;
  const auto id = area != nullptr ? static_cast<int32_t>(abi::load(&area->cpu_id)) : -1;
  return integer(env, id >= 0 ? id : cpu::sched_getcpu());
}

/// () → the thread's mm_cid from its area, or −1
napi_value mmCid(napi_env env, napi_callback_info) {
  const area::State& state = area::settle();
  // Of an area that its owner has unregistered, mm_cid says 0, and cpu_id −1.
  const bool live = state.area != nullptr && state.size >= abi::kSizeMmCid &&
                    static_cast<int32_t>(abi::load(&state.area->cpu_id)) >= 0;
  return integer(env, live ? static_cast<int32_t>(abi::load(&state.area->mm_cid)) : -1);
}

/// () → an ArrayBuffer over area.h's view(), or undefined where there is none or where the JavaScript engine
/// takes no buffers of others' memory
napi_value areaView(napi_env env, napi_callback_info) {
  const area::View view = area::view();
  if (view.area == nullptr) return nullptr;
  return view_of(env, view.area, view.size & ~3U);
}

/// () → bits for what the thread's area has: 1 cpu_id, 2 node_id, 4 mm_cid
napi_value settle(napi_env env, napi_callback_info) {
  const area::State& state = area::settle();
  const bool live = state.area != nullptr;
  const int bits = (live ? 1 : 0) | (state.node_id ? 2 : 0) | (live && state.size >= abi::kSizeMmCid ? 4 : 0);
  return integer(env, bits);
}

// --- was I interrupted ------------------------------------------------------------------------------------

/// () → an ArrayBuffer over the thread's preemption::Record, or undefined as of areaView()
napi_value preemptionRecord(napi_env env, napi_callback_info) {
  return view_of(env, preemption::record(), sizeof(preemption::Record));
}

/// () → whether the marker may be armed; see preemption.h
napi_value armable(napi_env env, napi_callback_info) { return boolean(env, preemption::armable()); }

/// () → whether the record has the numbers
napi_value countSwitches(napi_env env, napi_callback_info) {
  return boolean(env, preemption::count_switches());
}

/// () → undefined; the record has the time
napi_value readClock(napi_env, napi_callback_info) {
  preemption::read_clock();
  return nullptr;
}

// --- what takes the CPU from me --------------------------------------------------------------------------

/// (CPU) → 0 or errno; the calling thread stays there from now on
RSEQ_FUNCTION(stayOn, 1) { return integer(env, cpu::stay_on(arguments.u32(0))); }

/// () → 0 or errno; the calling thread lets others go first from now on
napi_value standBack(napi_env env, napi_callback_info) { return integer(env, noise::stand_back()); }

/// Nanoseconds that are none, or so many that a sum of two could wrap, are not taken: more than a century.
static bool time_of(double value, uint64_t* out) {
  constexpr double kMost = 4e18;
  const bool fits = value >= 0 && value <= kMost;
  *out = fits ? static_cast<uint64_t>(value) : 0;
  return fits;
}

/// (CPU, origin, deadline, threshold, control: Int32Array of stop and written, into: Float64Array of Totals
/// and gaps) → noise.h's Outcome, kRefused as well for what does not fit together
napi_value watch(napi_env env, napi_callback_info info) {
  constexpr size_t kTotals = sizeof(noise::Totals) / sizeof(double);
  constexpr size_t kGap = sizeof(noise::Gap) / sizeof(double);
  const Arguments<6> arguments(env, info);
  const auto control = arguments.array<int32_t>(4, napi_int32_array);
  const auto into = arguments.array<double>(5, napi_float64_array);
  noise::Order order = {};
  const bool timed = time_of(arguments.number(1), &order.origin) &&
                     time_of(arguments.number(2), &order.deadline) &&
                     time_of(arguments.number(3), &order.threshold);
  if (!timed || control.length < 2 || into.length < kTotals) return integer(env, noise::kRefused);
  order.cpu = arguments.u32(0);
  order.stop = control.data;
  order.written = reinterpret_cast<uint32_t*>(control.data + 1);
  order.totals = reinterpret_cast<noise::Totals*>(into.data);
  order.gaps = reinterpret_cast<noise::Gap*>(into.data + kTotals);
  order.room = (into.length - kTotals) / kGap;
  return integer(env, noise::watch(order));
}

// --- status -----------------------------------------------------------------------------------------------

/// () → undefined; see area.h
napi_value registerThread(napi_env, napi_callback_info) {
  area::register_thread();
  return nullptr;
}

/// () → undefined; see area.h
napi_value unregisterThread(napi_env, napi_callback_info) {
  area::unregister_thread();
  return nullptr;
}

/// () → what backend/addon.ts calls ThreadStatus
napi_value status(napi_env env, napi_callback_info) {
  const area::State& state = area::settle();
  auto out = Napi::Object::New(env);
  out.Set("registration", static_cast<double>(state.registration));
  out.Set("reason", static_cast<double>(state.reason));
  out.Set("errno", state.error);
  out.Set("size", state.size);
  out.Set("flags", state.flags);
  out.Set("registeredSize", state.registered_size);
  out.Set("featureSize", kernel::feature_size());
  out.Set("align", kernel::align());
  out.Set("fallback", static_cast<double>(cpu::fallback_source()));
  out.Set("possible", cpu::possible());
  out.Set("online", cpu::online());
  out.Set("allowed", cpu::allowed());
  out.Set("sections", state.sections);
  out.Set("awaited", state.awaited);
  out.Set("nodeId", state.node_id);
  out.Set("membarrier", kernel::has_membarrier());
  out.Set("sliceExtension", kernel::has_slice_extension());
  const char* glibc = libc::glibc_version();
  if (glibc != nullptr) out.Set("glibc", glibc);
  if (state.area != nullptr) out.Set("offset", reinterpret_cast<char*>(state.area) - abi::thread_pointer());
  return out;
}

/// () → {aborts, abortsBySection, areasAllocated, areasInUse}: what the stress tests look at
napi_value statistics(napi_env env, napi_callback_info) {
  const area_pool::Count areas = area_pool::count();
  auto out = Napi::Object::New(env);
  auto by_section = Napi::Array::New(env);
  double aborts = 0;
  for (uint32_t i = 0; i < sequences::kSections; ++i) {
    const auto of_one = static_cast<double>(__atomic_load_n(&counter::aborts[i], __ATOMIC_RELAXED));
    by_section.Set(i, of_one);
    aborts += of_one;
  }
  out.Set("aborts", aborts);
  out.Set("abortsBySection", by_section);
  out.Set("areasAllocated", areas.allocated);
  out.Set("areasInUse", areas.in_use);
  return out;
}

// --- the module -------------------------------------------------------------------------------------------

/// All functions of the module but the hot ones, by their name in both languages. Each is described where it
/// is defined; src/ts/backend/addon.ts has their types.
// clang-format off
#define RSEQ_EXPORTS(X) \
  X(cpuId) X(mmCid) X(schedGetcpu) X(getcpu) X(areaView) X(settle) X(preemptionRecord) X(armable) \
  X(countSwitches) X(readClock) X(registerThread) X(unregisterThread) X(status) X(statistics) X(mailbox) \
  X(targets) X(addMany) X(recordMany) X(recordTimes) X(value) X(floatValue) X(bigValue) X(drainFloat) \
  X(cells) X(histogramCells) X(mergeHistogram) X(threadWord) X(handOverSlot) X(adoptSlot) X(acquireSlots) \
  X(releaseSlots) X(slotsHeld) X(reclaimSlots) X(slotOwner) X(ringWriteBytes) X(ringBegin) X(ringRead) \
  X(ringAdvance) X(ringEnd) X(ringCounts) X(open) X(make) X(adopt) X(release) X(removeDeadGauges) \
  X(generation) X(setPatience) X(describe) X(list) X(createFile) X(createMemfd) X(attach) X(sweep) \
  X(findRegion) X(closeRegion) X(checkRegion) X(processes) X(regionInfo) X(setGauge) X(addGauge) X(survey) \
  X(writeRows) X(lead) X(stepDown) X(stayOn) X(standBack) X(watch)
// clang-format on

#define RSEQ_DECLARE(name) napi_value name(napi_env env, napi_callback_info info);
RSEQ_EXPORTS(RSEQ_DECLARE)

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  area::attach();
  // Runs on this thread, when its environment ends and before the addon can be unloaded. Node aborts where a
  // hook is added with the same argument again, as a module that is loaded twice would do: hence the number.
  static uintptr_t instance = 0;
  auto* number = reinterpret_cast<void*>(__atomic_add_fetch(&instance, 1, __ATOMIC_RELAXED));
  napi_add_env_cleanup_hook(
      env,
      [](void*) {
        if (area::release()) region::end_thread();
      },
      number);

  abort_check::begin();

#define RSEQ_SET(name) set(env, exports, #name, name);
  RSEQ_EXPORTS(RSEQ_SET)
  set_hot(env, exports);
  return exports;
}

}  // namespace rseq::addon

using rseq::addon::init;
NODE_API_MODULE(rseq, init)
