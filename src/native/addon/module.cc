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
#include "thread/preemption.h"

namespace rseq::addon {
namespace {

// --- where am I -------------------------------------------------------------------------------------------

/// () → libc's sched_getcpu(), or −1
napi_value SchedGetcpu(napi_env env, napi_callback_info) {
  napi_value result;
  napi_create_int32(env, cpu::sched_getcpu(), &result);
  return result;
}

/// () → node × 2³² + cpu from the getcpu system call, or −errno
napi_value Getcpu(napi_env env, napi_callback_info) {
  cpu::Location location;
  const int error = cpu::getcpu(&location);
  napi_value result;
  napi_create_double(env, error == 0 ? location.node * 4294967296.0 + location.cpu : -error, &result);
  return result;
}

/// () → the thread's cpu_id from its area, else libc's sched_getcpu(), or −1
napi_value CpuId(napi_env env, napi_callback_info) {
  const abi::Area* area = area::settle().area;
  const auto id = area != nullptr ? static_cast<int32_t>(abi::load(&area->cpu_id)) : -1;
  napi_value result;
  napi_create_int32(env, id >= 0 ? id : cpu::sched_getcpu(), &result);
  return result;
}

/// () → the thread's mm_cid from its area, or −1
napi_value MmCid(napi_env env, napi_callback_info) {
  const area::State& state = area::settle();
  // Of an area that its owner has unregistered, mm_cid says 0, and cpu_id −1.
  const bool live = state.area != nullptr && state.size >= abi::kSizeMmCid &&
                    static_cast<int32_t>(abi::load(&state.area->cpu_id)) >= 0;
  napi_value result;
  napi_create_int32(env, live ? static_cast<int32_t>(abi::load(&state.area->mm_cid)) : -1, &result);
  return result;
}

/// () → an ArrayBuffer over area.h's view(), or undefined where there is none or where the JavaScript engine
/// takes no buffers of others' memory
Napi::Value AreaView(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const area::View view = area::view();
  if (view.area == nullptr) return env.Undefined();
  return view_of(env, view.area, view.size & ~3U);
}

/// () → bits for what the thread's area has: 1 cpu_id, 2 node_id, 4 mm_cid
Napi::Value Settle(const Napi::CallbackInfo& info) {
  const area::State& state = area::settle();
  const bool live = state.area != nullptr;
  const int bits = (live ? 1 : 0) | (state.node_id ? 2 : 0) | (live && state.size >= abi::kSizeMmCid ? 4 : 0);
  return Napi::Number::New(info.Env(), bits);
}

// --- was I interrupted ------------------------------------------------------------------------------------

/// () → an ArrayBuffer over the thread's preemption::Record, or undefined as of areaView()
Napi::Value PreemptionRecord(const Napi::CallbackInfo& info) {
  return view_of(info.Env(), preemption::record(), sizeof(preemption::Record));
}

/// () → whether the marker may be armed; see preemption.h
Napi::Value Armable(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), preemption::armable());
}

/// () → whether the record has the numbers
napi_value CountSwitches(napi_env env, napi_callback_info) {
  napi_value told = nullptr;
  napi_get_boolean(env, preemption::count_switches(), &told);
  return told;
}

/// () → undefined; the record has the time
napi_value ReadClock(napi_env, napi_callback_info) {
  preemption::read_clock();
  return nullptr;
}

// --- status -----------------------------------------------------------------------------------------------

/// () → undefined; see area.h
Napi::Value Register(const Napi::CallbackInfo& info) {
  area::register_thread();
  return info.Env().Undefined();
}

/// () → undefined; see area.h
Napi::Value Unregister(const Napi::CallbackInfo& info) {
  area::unregister_thread();
  return info.Env().Undefined();
}

/// () → what native.ts calls ThreadStatus
Napi::Value Status(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const area::State& state = area::settle();
  auto out = Napi::Object::New(env);
  const auto set = [&](const char* name, double value) { out.Set(name, Napi::Number::New(env, value)); };
  set("registration", static_cast<double>(state.registration));
  set("reason", static_cast<double>(state.reason));
  set("errno", state.error);
  set("size", state.size);
  set("flags", state.flags);
  set("registeredSize", state.registered_size);
  set("featureSize", kernel::feature_size());
  set("align", kernel::align());
  set("fallback", static_cast<double>(cpu::fallback_source()));
  set("possible", cpu::possible());
  set("online", cpu::online());
  set("allowed", cpu::allowed());
  out.Set("sections", Napi::Boolean::New(env, state.sections));
  out.Set("awaited", Napi::Boolean::New(env, state.awaited));
  out.Set("nodeId", Napi::Boolean::New(env, state.node_id));
  out.Set("membarrier", Napi::Boolean::New(env, kernel::has_membarrier()));
  out.Set("sliceExtension", Napi::Boolean::New(env, kernel::has_slice_extension()));
  const char* glibc = libc::glibc_version();
  if (glibc != nullptr) out.Set("glibc", Napi::String::New(env, glibc));
  if (state.area != nullptr) {
    set("offset", static_cast<double>(reinterpret_cast<char*>(state.area) - abi::thread_pointer()));
  }
  return out;
}

/// () → {aborts, abortsBySection, areasAllocated, areasInUse}: what the stress tests look at
Napi::Value Statistics(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const area_pool::Count areas = area_pool::count();
  auto out = Napi::Object::New(env);
  auto by_section = Napi::Array::New(env);
  double aborts = 0;
  for (uint32_t i = 0; i < sequences::kSections; ++i) {
    const auto of_one = static_cast<double>(__atomic_load_n(&counter::aborts[i], __ATOMIC_RELAXED));
    by_section.Set(i, Napi::Number::New(env, of_one));
    aborts += of_one;
  }
  out.Set("aborts", Napi::Number::New(env, aborts));
  out.Set("abortsBySection", by_section);
  out.Set("areasAllocated", Napi::Number::New(env, areas.allocated));
  out.Set("areasInUse", Napi::Number::New(env, areas.in_use));
  return out;
}

// --- the module -------------------------------------------------------------------------------------------

Napi::Object Init(Napi::Env env, Napi::Object exports) {
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

  set_hot(exports);
  set_cells(exports);
  set_pools(exports);
  set_regions(exports);
  set_entries(exports);
  set_service(exports);
  set_rings(exports);
  set_noise(exports);
  set_raw(exports, "cpuId", CpuId);
  set_raw(exports, "mmCid", MmCid);
  set_raw(exports, "schedGetcpu", SchedGetcpu);
  set_raw(exports, "getcpu", Getcpu);
  set<AreaView>(exports, "areaView");
  set<Settle>(exports, "settle");
  set<PreemptionRecord>(exports, "preemptionRecord");
  set<Armable>(exports, "armable");
  set_raw(exports, "countSwitches", CountSwitches);
  set_raw(exports, "readClock", ReadClock);
  set<Register>(exports, "register");
  set<Unregister>(exports, "unregister");
  set<Status>(exports, "status");
  set<Statistics>(exports, "statistics");
  return exports;
}

}  // namespace
}  // namespace rseq::addon

using rseq::addon::Init;
NODE_API_MODULE(rseq, Init)
