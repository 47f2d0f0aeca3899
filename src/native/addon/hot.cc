/// The N-API surface of hot operations: by the mailbox, with arguments, and as addresses for fast calls. Raw
/// callbacks: the C++ wrapper would cost them as much again.
#include <type_traits>
#include <utility>

#include "addon/addon.h"
#include "addon/targets.h"
#include "objects/counter.h"
#include "objects/histogram.h"
#include "objects/pool.h"
#include "objects/ring.h"
#include "region/owners.h"

namespace rseq::addon {
namespace {

constinit thread_local Mailbox mail = {};

/// The operations, by their fields in targets::Table.
namespace checked {

void inc(uint32_t id) { counter::add(id, INT64_C(1)); }
void add_int32(uint32_t id, int32_t n) { counter::add(id, static_cast<int64_t>(n)); }
/// What is no safe integer, and so no int64 either, adds nothing.
void add(uint32_t id, double n) {
  if (counter::is_safe_integer(n)) counter::add(id, static_cast<int64_t>(n));
}
void add_float(uint32_t id, double x) { counter::add(id, x); }
void record(uint32_t id, double x) { histogram::record(id, x); }
void record_int32(uint32_t id, int32_t n) { histogram::record(id, n); }
int32_t acquire_slot(uint32_t id, uint32_t thread) { return pool::acquire(id, thread); }
uint32_t release_slot(uint32_t id, uint32_t slot, uint32_t thread) {
  return static_cast<uint32_t>(pool::release(id, slot, thread));
}
int32_t ring_write(uint32_t id, double a, double b, double c, double d) {
  return ring::write(id, a, b, c, d);
}

}  // namespace checked

/// The same for arguments that nobody has checked.
namespace unchecked {
using namespace checked;

void add_int32(uint32_t id, double n) { add(id, n); }
void record(uint32_t id, double x) {
  if (x - x == 0) checked::record(id, x);
}
void record_int32(uint32_t id, double x) { unchecked::record(id, x); }

}  // namespace unchecked

/// The same for the mailbox, which has room for one integer.
namespace mailed {
using namespace checked;

uint32_t release_slot(uint32_t id, uint32_t slot) {
  return checked::release_slot(id, slot, region::owners::thread_word());
}

}  // namespace mailed

template <auto operation>
struct Hot;

template <typename R, typename... A, R (*operation)(uint32_t, A...)>
struct Hot<operation> {
  using Each = std::index_sequence_for<A...>;

  /// As a fast call's target.
  static R target(targets::Receiver, uint32_t id, A... rest) { return operation(id, rest...); }

  static napi_value give(napi_env env, uint32_t id, A... rest) {
    if constexpr (std::is_void_v<R>) {
      operation(id, rest...);
      return nullptr;
    } else {
      return integer(env, static_cast<int32_t>(operation(id, rest...)));
    }
  }

  /// (id, …) → undefined, or an integer
  static napi_value by_arguments(napi_env env, napi_callback_info info) {
    const Arguments<1 + sizeof...(A)> arguments(env, info);
    return [&]<size_t... i>(std::index_sequence<i...>) {
      return give(env, arguments.u32(0), argument<A>(arguments, 1 + i)...);
    }(Each());
  }

  /// () → the same, of what the mailbox has
  static napi_value by_mail(napi_env env, napi_callback_info) {
    const Mailbox& mailbox = mail;
    return [&]<size_t... i>(std::index_sequence<i...>) {
      return give(env, mailbox.id, argument<A>(mailbox, i)...);
    }(Each());
  }

 private:
  template <typename T, size_t N>
  static T argument(const Arguments<N>& arguments, size_t i) {
    if constexpr (std::is_same_v<T, double>)
      return arguments.number(i);
    else
      return arguments.u32(i);
  }

  template <typename T>
  static T argument(const Mailbox& mailbox, [[maybe_unused]] size_t i) {
    if constexpr (!std::is_same_v<T, double>)
      return static_cast<T>(mailbox.n);
    else if constexpr (sizeof...(A) == 1)
      return mailbox.amount;
    else
      return mailbox.fields[i];
  }
};

#define RSEQ_TARGET(field, Type, name, twin) .field = Hot<checked::field>::target,
constexpr targets::Table kTargets = {RSEQ_HOT(RSEQ_TARGET)};

}  // namespace

/// () → an ArrayBuffer over this thread's mailbox, or undefined
napi_value mailbox(napi_env env, napi_callback_info) { return view_of(env, &mail, sizeof mail); }

/// () → an ArrayBuffer with the bytes of kTargets
napi_value targets(napi_env env, napi_callback_info) {
  void* data = nullptr;
  napi_value out = nullptr;
  if (napi_create_arraybuffer(env, sizeof kTargets, &data, &out) != napi_ok) return nullptr;
  memcpy(data, &kTargets, sizeof kTargets);
  return out;
}

void set_hot(napi_env env, napi_value exports) {
#define RSEQ_SET_HOT(field, Type, name, twin)                   \
  set(env, exports, name, Hot<unchecked::field>::by_arguments); \
  set(env, exports, twin, Hot<mailed::field>::by_mail);
  RSEQ_HOT(RSEQ_SET_HOT)
}

}  // namespace rseq::addon
