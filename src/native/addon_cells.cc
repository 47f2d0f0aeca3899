/// The N-API surface of cells: adding, reading, and the region. Hot functions are raw callbacks: the C++
/// wrapper would cost them as much again.
#include "addon.h"
#include "counter.h"
#include "region.h"
#include "targets.h"

namespace rseq::addon {
namespace {

// --- adding -----------------------------------------------------------------------------------------------
//
// Decoding arguments costs an N-API call as much again as the call itself. So a hot operation takes none:
// JavaScript writes them to this thread's mailbox, through a typed array, and calls; nothing of the thread
// runs in between. The functions with arguments are for engines that take no buffers of others' memory.

struct Mailbox {
  uint32_t id;
  int32_t n;
  double amount;
};

constinit thread_local Mailbox mailbox = {};

/// () → an ArrayBuffer over this thread's mailbox, or undefined
Napi::Value MailboxView(const Napi::CallbackInfo& info) {
  return view_of(info.Env(), &mailbox, sizeof mailbox);
}

napi_value MailedInc(napi_env, napi_callback_info) {
  counter::add(mailbox.id, INT64_C(1));
  return nullptr;
}

napi_value MailedAddInt32(napi_env, napi_callback_info) {
  const Mailbox& mail = mailbox;
  counter::add(mail.id, static_cast<int64_t>(mail.n));
  return nullptr;
}

napi_value MailedAdd(napi_env, napi_callback_info) {
  const Mailbox& mail = mailbox;
  counter::add(mail.id, static_cast<int64_t>(mail.amount));
  return nullptr;
}

napi_value MailedAddFloat(napi_env, napi_callback_info) {
  const Mailbox& mail = mailbox;
  counter::add(mail.id, mail.amount);
  return nullptr;
}

region::Id id_of(const Napi::CallbackInfo& info, size_t i) {
  return info[i].As<Napi::Number>().Uint32Value();
}

double amount_of(const Napi::CallbackInfo& info) { return info[1].As<Napi::Number>().DoubleValue(); }

/// (id) → undefined
void Inc(const Napi::CallbackInfo& info) { counter::add(id_of(info, 0), INT64_C(1)); }

/// (id, int32 or safe integer) → undefined
void Add(const Napi::CallbackInfo& info) {
  counter::add(id_of(info, 0), static_cast<int64_t>(amount_of(info)));
}

/// (id, finite number) → undefined
void AddFloat(const Napi::CallbackInfo& info) { counter::add(id_of(info, 0), amount_of(info)); }

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

}  // namespace

void set_cells(const Napi::Object& exports) {
  set<MailboxView>(exports, "mailbox");
  set_raw(exports, "mailedInc", MailedInc);
  set_raw(exports, "mailedAddInt32", MailedAddInt32);
  set_raw(exports, "mailedAdd", MailedAdd);
  set_raw(exports, "mailedAddFloat", MailedAddFloat);
  set<Inc>(exports, "inc");
  set<Add>(exports, "addInt32");
  set<Add>(exports, "add");
  set<AddFloat>(exports, "addFloat");
  set_raw(exports, "addMany", AddMany);
  set<Targets>(exports, "targets");
  set<Value>(exports, "value");
  set<FloatValue>(exports, "floatValue");
  set<Cells>(exports, "cells");
  set<Create>(exports, "create");
  set<Open>(exports, "open");
  set<Check>(exports, "check");
  set<RegionInfo>(exports, "regionInfo");
}

}  // namespace rseq::addon
