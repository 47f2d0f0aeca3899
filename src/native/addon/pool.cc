/// The N-API surface of pools, but for acquiring and releasing one slot by the mailbox: see hot.cc.
#include "objects/pool.h"
#include "addon/addon.h"
#include "region/owners.h"

namespace rseq::addon {
using pool::Refusal;

/// (id, slot) → a ticket, or −Refusal
RSEQ_FUNCTION(handOverSlot, 2) {
  uint64_t ticket = 0;
  const Refusal refused = pool::hand_over(arguments.u32(0), arguments.u32(1), &ticket);
  return number(env, refused == Refusal::kNone ? static_cast<double>(ticket) : -static_cast<double>(refused));
}

/// (id, ticket) → a Refusal
RSEQ_FUNCTION(adoptSlot, 2) {
  constexpr double kMost = UINT64_C(1) << (32 + slots::kSlotBits);
  const double ticket = arguments.number(1);
  const bool is_one = ticket >= 0 && ticket < kMost;
  const Refusal refused =
      is_one ? pool::adopt(arguments.u32(0), static_cast<uint64_t>(ticket)) : Refusal::kOutside;
  return number(env, static_cast<double>(refused));
}

/// What is there of either type, for slots are below 2³¹.
static Array<int32_t> slots_in(const Arguments<3>& arguments, size_t i) {
  const auto ints = arguments.array<int32_t>(i, napi_int32_array);
  return ints.is_one ? ints : arguments.array<int32_t>(i, napi_uint32_array);
}

/// (id, out: Int32Array or Uint32Array, count) → how many slots were put there, or kNobody
RSEQ_FUNCTION(acquireSlots, 3) {
  const Array<int32_t> out = slots_in(arguments, 1);
  const uint32_t count = arguments.u32(2);
  return number(env, pool::acquire_many(arguments.u32(0), out.data, count < out.length ? count : out.length));
}

/// (id, slots: Int32Array or Uint32Array, count) → a Refusal + 8 × the index of the slot that it is of; none
/// was released then
RSEQ_FUNCTION(releaseSlots, 3) {
  const Array<int32_t> from = slots_in(arguments, 1);
  const uint32_t wanted = arguments.u32(2);
  const auto count = static_cast<uint32_t>(wanted < from.length ? wanted : from.length);
  uint32_t at = 0;
  const Refusal refused = pool::release_many(arguments.u32(0), from.data, count, &at);
  return number(env, refused == Refusal::kNone ? 0 : static_cast<double>(refused) + 8.0 * at);
}

/// (region, entry) → a number of slots, or undefined
template <uint32_t (*count)(uint32_t, const region::Held&)>
static napi_value count_of(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  const uint32_t region = arguments.u32(0);
  return region::read(region, arguments.u32(1), napi_value{}, [=](const region::Held& held) {
    return held.kind == region::Kind::kPool ? number(env, count(region, held)) : nullptr;
  });
}

/// (region, entry, slot) → 0 where it is free; else 1, + 2 where it is the calling thread's, + 4 where its
/// owner lives, + 8 where it is on its way, + 16 × its process's ID; or undefined
RSEQ_FUNCTION(slotOwner, 3) {
  const uint32_t region = arguments.u32(0);
  const uint32_t slot = arguments.u32(2);
  return region::read(region, arguments.u32(1), napi_value{}, [=](const region::Held& held) -> napi_value {
    if (held.kind != region::Kind::kPool || slot >= held.form) return nullptr;
    const uint64_t word = pool::owner(region, held, slot);
    if (word == 0) return number(env, 0);
    const int self = word == region::owners::word(region) ? 2 : 0;
    const int alive = region::owners::lives(region, word) ? 4 : 0;
    const int handed_over = region::owners::is_handed_over(word) ? 8 : 0;
    return number(env, 1 + self + alive + handed_over + 16.0 * region::owners::pid(region, word));
  });
}

/// () → the calling thread's number as an owner
napi_value threadWord(napi_env env, napi_callback_info) { return number(env, region::owners::thread_word()); }

napi_value slotsHeld(napi_env env, napi_callback_info info) { return count_of<pool::count_held>(env, info); }
napi_value reclaimSlots(napi_env env, napi_callback_info info) { return count_of<pool::reclaim>(env, info); }

}  // namespace rseq::addon
