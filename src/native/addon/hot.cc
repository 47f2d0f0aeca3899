/// The N-API surface of hot operations: by the mailbox, with arguments, and as addresses for fast calls. Raw
/// callbacks: the C++ wrapper would cost them as much again.
#include "addon/addon.h"
#include "addon/targets.h"
#include "objects/counter.h"
#include "objects/histogram.h"
#include "objects/pool.h"
#include "objects/ring.h"
#include "region/owners.h"

namespace rseq::addon {
namespace {

void inc(uint32_t id) { counter::add(id, INT64_C(1)); }
void add_int32(uint32_t id, int32_t n) { counter::add(id, static_cast<int64_t>(n)); }
/// What is no safe integer, and so no int64 either, adds nothing.
void add(uint32_t id, double n) {
  if (counter::is_safe_integer(n)) counter::add(id, static_cast<int64_t>(n));
}
void add_float(uint32_t id, double x) { counter::add(id, x); }

/// () → an ArrayBuffer over this thread's mailbox, or undefined
Napi::Value MailboxView(const Napi::CallbackInfo& info) {
  return view_of(info.Env(), &mailbox, sizeof mailbox);
}

napi_value MailedInc(napi_env, napi_callback_info) {
  inc(mailbox.id);
  return nullptr;
}

napi_value MailedAddInt32(napi_env, napi_callback_info) {
  const Mailbox& mail = mailbox;
  add_int32(mail.id, mail.n);
  return nullptr;
}

napi_value MailedAdd(napi_env, napi_callback_info) {
  const Mailbox& mail = mailbox;
  add(mail.id, mail.amount);
  return nullptr;
}

napi_value MailedAddFloat(napi_env, napi_callback_info) {
  const Mailbox& mail = mailbox;
  add_float(mail.id, mail.amount);
  return nullptr;
}

napi_value MailedRecord(napi_env, napi_callback_info) {
  const Mailbox& mail = mailbox;
  histogram::record(mail.id, mail.amount);
  return nullptr;
}

napi_value MailedRecordInt32(napi_env, napi_callback_info) {
  const Mailbox& mail = mailbox;
  histogram::record(mail.id, mail.n);
  return nullptr;
}

napi_value MailedRingWrite(napi_env env, napi_callback_info) {
  const Mailbox& mail = mailbox;
  return integer(env, ring::write(mail.id, mail.fields[0], mail.fields[1], mail.fields[2], mail.fields[3]));
}

void record(uint32_t id, double x) {
  if (x - x == 0) histogram::record(id, x);
}

/// (id) → undefined
napi_value Inc(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  inc(arguments.u32(0));
  return nullptr;
}

/// (id, number) → undefined
template <void (*operation)(uint32_t, double)>
napi_value WithNumber(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  operation(arguments.u32(0), arguments.number(1));
  return nullptr;
}

/// (id, number, number, number, number) → ring.h's Verdict
napi_value RingWrite(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  return integer(env, ring::write(arguments.u32(0), arguments.number(1), arguments.number(2),
                                  arguments.number(3), arguments.number(4)));
}

napi_value MailedAcquireSlot(napi_env env, napi_callback_info) {
  const Mailbox& mail = mailbox;
  return number(env, pool::acquire(mail.id, static_cast<uint32_t>(mail.n)));
}

napi_value MailedReleaseSlot(napi_env env, napi_callback_info) {
  const Mailbox& mail = mailbox;
  const auto refused = pool::release(mail.id, static_cast<uint32_t>(mail.n), region::owners::thread_word());
  return number(env, static_cast<double>(refused));
}

/// (id, thread) → a slot, or pool.h's kEmpty or kNobody
napi_value AcquireSlot(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  return number(env, pool::acquire(arguments.u32(0), arguments.u32(1)));
}

/// The same operations for fastcall.cc.
constexpr targets::Table kTargets = {
    .inc = [](targets::Receiver, uint32_t id) { inc(id); },
    .add_int32 = [](targets::Receiver, uint32_t id, int32_t n) { add_int32(id, n); },
    .add = [](targets::Receiver, uint32_t id, double n) { add(id, n); },
    .add_float = [](targets::Receiver, uint32_t id, double x) { add_float(id, x); },
    .record = [](targets::Receiver, uint32_t id, double x) { histogram::record(id, x); },
    .record_int32 = [](targets::Receiver, uint32_t id, int32_t n) { histogram::record(id, n); },
    .acquire_slot = [](targets::Receiver, uint32_t id, uint32_t thread) { return pool::acquire(id, thread); },
    .release_slot = [](targets::Receiver, uint32_t id, uint32_t slot,
                       uint32_t thread) { return static_cast<uint32_t>(pool::release(id, slot, thread)); },
    .ring_write = [](targets::Receiver, uint32_t id, double a, double b, double c, double d) -> int32_t {
      return ring::write(id, a, b, c, d);
    },
};

/// () → an ArrayBuffer with the bytes of kTargets
napi_value Targets(napi_env env, napi_callback_info) {
  void* data = nullptr;
  napi_value out = nullptr;
  if (napi_create_arraybuffer(env, sizeof kTargets, &data, &out) != napi_ok) return nullptr;
  memcpy(data, &kTargets, sizeof kTargets);
  return out;
}

}  // namespace

constinit thread_local Mailbox mailbox = {};

void set_hot(const Napi::Object& exports) {
  set<MailboxView>(exports, "mailbox");
  set_raw(exports, "mailedInc", MailedInc);
  set_raw(exports, "mailedAddInt32", MailedAddInt32);
  set_raw(exports, "mailedAdd", MailedAdd);
  set_raw(exports, "mailedAddFloat", MailedAddFloat);
  set_raw(exports, "mailedRecord", MailedRecord);
  set_raw(exports, "inc", Inc);
  set_raw(exports, "addInt32", WithNumber<add>);
  set_raw(exports, "add", WithNumber<add>);
  set_raw(exports, "addFloat", WithNumber<add_float>);
  set_raw(exports, "mailedRecordInt32", MailedRecordInt32);
  set_raw(exports, "record", WithNumber<record>);
  set_raw(exports, "recordInt32", WithNumber<record>);
  set_raw(exports, "mailedRingWrite", MailedRingWrite);
  set_raw(exports, "ringWrite", RingWrite);
  set_raw(exports, "targets", Targets);
  set_raw(exports, "mailedAcquireSlot", MailedAcquireSlot);
  set_raw(exports, "mailedReleaseSlot", MailedReleaseSlot);
  set_raw(exports, "acquireSlot", AcquireSlot);
}

}  // namespace rseq::addon
