/// The N-API surface: the only file that knows JavaScript. Argument types and ranges were checked in
/// TypeScript; nothing here throws, and no result but status() allocates more than a number.
/// Hot functions are raw callbacks: the C++ wrapper would cost them as much again.
#include <napi.h>

#include "area.h"
#include "area_pool.h"
#include "counter.h"
#include "cpu.h"
#include "kernel.h"
#include "region.h"
#include "targets.h"

namespace {

using namespace rseq;

// --- the hot path -----------------------------------------------------------------------------------------

/// (id) → undefined
napi_value Inc(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  uint32_t id = 0;
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  napi_get_value_uint32(env, argv[0], &id);
  counter::add(id, INT64_C(1));
  return nullptr;
}

/// (id, safe integer) → undefined
napi_value Add(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  uint32_t id = 0;
  double n = 0;
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  napi_get_value_uint32(env, argv[0], &id);
  napi_get_value_double(env, argv[1], &n);
  counter::add(id, static_cast<int64_t>(n));
  return nullptr;
}

/// (id, finite number) → undefined
napi_value AddFloat(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  uint32_t id = 0;
  double x = 0;
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  napi_get_value_uint32(env, argv[0], &id);
  napi_get_value_double(env, argv[1], &x);
  counter::add(id, x);
  return nullptr;
}

/// (id, int32) → undefined
napi_value AddInt32(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  uint32_t id = 0;
  int32_t n = 0;
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  napi_get_value_uint32(env, argv[0], &id);
  napi_get_value_int32(env, argv[1], &n);
  counter::add(id, static_cast<int64_t>(n));
  return nullptr;
}

/// (ids: Uint32Array, amounts: Int32Array or Float64Array of the same length) → false where an amount is no
/// safe integer; nothing is added then
napi_value AddMany(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  napi_typedarray_type type = napi_int32_array;
  size_t count = 0;
  void* ids = nullptr;
  void* amounts = nullptr;
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  napi_get_typedarray_info(env, argv[0], nullptr, nullptr, &ids, nullptr, nullptr);
  napi_get_typedarray_info(env, argv[1], &type, &count, &amounts, nullptr, nullptr);
  bool safe = true;
  if (type == napi_int32_array) {
    counter::add_many(static_cast<region::Id*>(ids), static_cast<int32_t*>(amounts), count);
  } else {
    safe = counter::add_many(static_cast<region::Id*>(ids), static_cast<double*>(amounts), count);
  }
  napi_value result = nullptr;
  napi_get_boolean(env, safe, &result);
  return result;
}

/// The same operations for fastcall.cc.
constexpr targets::Table kTargets = {
    .inc = [](targets::Receiver, uint32_t id) { counter::add(id, INT64_C(1)); },
    .add_int32 = [](targets::Receiver, uint32_t id, int32_t n) { counter::add(id, static_cast<int64_t>(n)); },
    .add = [](targets::Receiver, uint32_t id, double n) { counter::add(id, static_cast<int64_t>(n)); },
    .add_float = [](targets::Receiver, uint32_t id, double x) { counter::add(id, x); },
};

/// () → an ArrayBuffer with the bytes of kTargets
Napi::Value Targets(const Napi::CallbackInfo& info) {
  auto out = Napi::ArrayBuffer::New(info.Env(), sizeof kTargets);
  memcpy(out.Data(), &kTargets, sizeof kTargets);
  return out;
}

// --- reading cells ----------------------------------------------------------------------------------------

region::Id id_of(const Napi::CallbackInfo& info, size_t i) {
  return info[i].As<Napi::Number>().Uint32Value();
}

/// (id) → the sum, or NaN where a double cannot hold it exactly
Napi::Value Value(const Napi::CallbackInfo& info) {
  constexpr int64_t kMaxSafe = (INT64_C(1) << 53) - 1;
  const int64_t sum = counter::sum_i64(id_of(info, 0));
  const bool safe = sum >= -kMaxSafe && sum <= kMaxSafe;
  return Napi::Number::New(info.Env(), safe ? static_cast<double>(sum) : __builtin_nan(""));
}

/// (id) → the sum
Napi::Value FloatValue(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), counter::sum_f64(id_of(info, 0)));
}

/// (id, ArrayBuffer of 8 × (stripes + 1) bytes) → undefined; fills it with the cells' bits
Napi::Value Cells(const Napi::CallbackInfo& info) {
  auto out = info[1].As<Napi::ArrayBuffer>();
  if (out.ByteLength() == (region::stripes.count + 1) * sizeof(uint64_t)) {
    counter::read(id_of(info, 0), static_cast<uint64_t*>(out.Data()));
  }
  return info.Env().Undefined();
}

// --- the region -------------------------------------------------------------------------------------------

/// (kind, tag) → id, or a negative result of region.h
Napi::Value Create(const Napi::CallbackInfo& info) {
  const auto kind = static_cast<region::Kind>(id_of(info, 0));
  return Napi::Number::New(info.Env(), region::create(kind, id_of(info, 1)));
}

/// (kind, tag, name as UTF-8 bytes) → id, or a negative result of region.h
Napi::Value Open(const Napi::CallbackInfo& info) {
  const auto kind = static_cast<region::Kind>(id_of(info, 0));
  const auto name = info[2].As<Napi::Uint8Array>();
  const auto* bytes = reinterpret_cast<const char*>(name.Data());
  return Napi::Number::New(info.Env(), region::open(kind, id_of(info, 1), bytes, name.ByteLength()));
}

/// (kind, id) → id, or a negative result of region.h
Napi::Value Check(const Napi::CallbackInfo& info) {
  const auto kind = static_cast<region::Kind>(id_of(info, 0));
  return Napi::Number::New(info.Env(), region::check(kind, id_of(info, 1)));
}

/// () → {nonce, stripes, cells, used}, or undefined without memory
Napi::Value RegionInfo(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!region::ready()) return env.Undefined();
  auto out = Napi::Object::New(env);
  out.Set("nonce", Napi::BigInt::New(env, region::nonce()));
  out.Set("stripes", Napi::Number::New(env, region::stripes.count));
  out.Set("cells", Napi::Number::New(env, region::kCells));
  out.Set("used", Napi::Number::New(env, region::used()));
  return out;
}

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
  const bool live = state.area != nullptr && state.size >= abi::kSizeMmCid;
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
  napi_value buffer;
  const napi_status made =
      napi_create_external_arraybuffer(env, view.area, view.size & ~3U, nullptr, nullptr, &buffer);
  if (made != napi_ok) return env.Undefined();
  return {env, buffer};
}

/// () → bits for what the thread's area has: 1 cpu_id, 2 node_id, 4 mm_cid
Napi::Value Settle(const Napi::CallbackInfo& info) {
  const area::State& state = area::settle();
  const bool live = state.area != nullptr;
  const int bits = (live ? 1 : 0) | (state.node_id ? 2 : 0) | (live && state.size >= abi::kSizeMmCid ? 4 : 0);
  return Napi::Number::New(info.Env(), bits);
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
  out.Set("nodeId", Napi::Boolean::New(env, state.node_id));
  out.Set("membarrier", Napi::Boolean::New(env, kernel::has_membarrier()));
  out.Set("sliceExtension", Napi::Boolean::New(env, kernel::has_slice_extension()));
  if (state.area != nullptr) {
    set("offset", static_cast<double>(reinterpret_cast<char*>(state.area) - abi::thread_pointer()));
  }
  return out;
}

/// () → {aborts, areasAllocated, areasInUse}: what the stress tests look at
Napi::Value Statistics(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const area_pool::Count areas = area_pool::count();
  auto out = Napi::Object::New(env);
  const auto aborts = static_cast<double>(__atomic_load_n(&counter::aborts, __ATOMIC_RELAXED));
  out.Set("aborts", Napi::Number::New(env, aborts));
  out.Set("areasAllocated", Napi::Number::New(env, areas.allocated));
  out.Set("areasInUse", Napi::Number::New(env, areas.in_use));
  return out;
}

// --- the module -------------------------------------------------------------------------------------------

void set_raw(const Napi::Object& exports, const char* name, napi_callback callback) {
  napi_value function = nullptr;
  napi_create_function(exports.Env(), name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(exports.Env(), exports, name, function);
}

template <Napi::Value (*callback)(const Napi::CallbackInfo&)>
void set(const Napi::Object& exports, const char* name) {
  exports.Set(name, Napi::Function::New<callback>(exports.Env(), name));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  area::attach();
  // Runs on this thread, when its environment ends and before the addon can be unloaded. Node aborts where a
  // hook is added with the same argument again, as a module that is loaded twice would do: hence the number.
  static uintptr_t instance = 0;
  auto* number = reinterpret_cast<void*>(__atomic_add_fetch(&instance, 1, __ATOMIC_RELAXED));
  napi_add_env_cleanup_hook(env, [](void*) { area::release(); }, number);

  set_raw(exports, "inc", Inc);
  set_raw(exports, "add", Add);
  set_raw(exports, "addInt32", AddInt32);
  set_raw(exports, "addFloat", AddFloat);
  set_raw(exports, "addMany", AddMany);
  set_raw(exports, "cpuId", CpuId);
  set_raw(exports, "mmCid", MmCid);
  set_raw(exports, "schedGetcpu", SchedGetcpu);
  set_raw(exports, "getcpu", Getcpu);
  set<Targets>(exports, "targets");
  set<Value>(exports, "value");
  set<FloatValue>(exports, "floatValue");
  set<Cells>(exports, "cells");
  set<Create>(exports, "create");
  set<Open>(exports, "open");
  set<Check>(exports, "check");
  set<RegionInfo>(exports, "regionInfo");
  set<AreaView>(exports, "areaView");
  set<Settle>(exports, "settle");
  set<Register>(exports, "register");
  set<Unregister>(exports, "unregister");
  set<Status>(exports, "status");
  set<Statistics>(exports, "statistics");
  return exports;
}

}  // namespace

NODE_API_MODULE(rseq, Init)
