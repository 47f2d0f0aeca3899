/// The benchmark's own addon: loops in C, and calls that do nothing.
#include <napi.h>

#include "addon/targets.h"
#include "loops.h"
#include "thread/area.h"

namespace {

using namespace rseq;

/// (iterations) → nanoseconds
Napi::Value RunLoop(const Napi::CallbackInfo& info) {
  const auto* loop = static_cast<const bench::Loop*>(info.Data());
  const auto iterations = static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value());
  const int64_t start = bench::now();
  loop->run(iterations);
  return Napi::Number::New(info.Env(), static_cast<double>(bench::now() - start));
}

/// (iterations of each thread, threads) → nanoseconds, or negative without threads
Napi::Value AtomicShared(const Napi::CallbackInfo& info) {
  const auto iterations = static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value());
  const uint32_t threads = info[1].As<Napi::Number>().Uint32Value();
  return Napi::Number::New(info.Env(), static_cast<double>(bench::time_shared(iterations, threads)));
}

/// () → undefined: what every N-API call costs
napi_value Nothing(napi_env, napi_callback_info) { return nullptr; }

/// () → ArrayBuffer holding a targets::Table of functions that do nothing: what every fast call costs
Napi::Value EmptyTargets(const Napi::CallbackInfo& info) {
  const targets::AddDouble with_number = [](targets::Receiver, uint32_t, double) {};
  const targets::AddInt32 with_integer = [](targets::Receiver, uint32_t, int32_t) {};
  const targets::Table table = {
      .inc = [](targets::Receiver, uint32_t) {},
      .add_int32 = with_integer,
      .add = with_number,
      .add_float = with_number,
      .record = with_number,
      .record_int32 = with_integer,
      .acquire_slot = [](targets::Receiver, uint32_t, uint32_t) { return INT32_C(0); },
      .release_slot = [](targets::Receiver, uint32_t, uint32_t, uint32_t) { return UINT32_C(0); },
      .ring_write = [](targets::Receiver, uint32_t, double, double, double, double) { return INT32_C(0); },
  };
  auto buffer = Napi::ArrayBuffer::New(info.Env(), sizeof table);
  memcpy(buffer.Data(), &table, sizeof table);
  return buffer;
}

/// () → the hypervisor's name for itself, or ''
Napi::Value Hypervisor(const Napi::CallbackInfo& info) {
  char name[13];
  bench::hypervisor(name);
  return Napi::String::New(info.Env(), name);
}

/// (number of a thread among those that run at once) → undefined: pins it
Napi::Value Pin(const Napi::CallbackInfo& info) {
  bench::pin(info[0].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

/// Loops that this machine cannot run are left out.
Napi::Object Init(Napi::Env env, Napi::Object exports) {
  area::attach();
  static uintptr_t instance = 0;
  auto* number = reinterpret_cast<void*>(__atomic_add_fetch(&instance, 1, __ATOMIC_RELAXED));
  napi_add_env_cleanup_hook(env, [](void*) { area::release(); }, number);

  bench::prepare();
  auto loops = Napi::Object::New(env);
  for (const bench::Loop* loop = bench::kLoops; loop->name != nullptr; ++loop) {
    if (loop->available != nullptr && !loop->available()) continue;
    loops.Set(loop->name, Napi::Function::New(env, RunLoop, loop->name, const_cast<bench::Loop*>(loop)));
  }
  exports.Set("loops", loops);
  exports.Set("atomicShared", Napi::Function::New<AtomicShared>(env, "atomicShared"));
  exports.Set("emptyTargets", Napi::Function::New<EmptyTargets>(env, "emptyTargets"));
  exports.Set("pin", Napi::Function::New<Pin>(env, "pin"));
  exports.Set("hypervisor", Napi::Function::New<Hypervisor>(env, "hypervisor"));
  napi_value nothing = nullptr;
  napi_create_function(env, "nothing", NAPI_AUTO_LENGTH, Nothing, nullptr, &nothing);
  napi_set_named_property(env, exports, "nothing", nothing);
  return exports;
}

}  // namespace

NODE_API_MODULE(rseq_bench, Init)
