/// The N-API surface of rings, but for the hot call that writes numbers: see hot.cc.
#include "objects/ring.h"
#include "addon/addon.h"
#include "objects/drain.h"

namespace rseq::addon {
/// (id, bytes: Uint8Array) → ring.h's Verdict
RSEQ_FUNCTION(ringWriteBytes, 2) {
  const auto bytes = arguments.array<uint8_t>(1, napi_uint8_array);
  if (!bytes.is_one) return integer(env, ring::kUnfit);
  return integer(env, ring::write_bytes(arguments.u32(0), bytes.data, bytes.length));
}

/// A ring that this process holds; else of no kind. A copy: what is read must fit its memory, whatever becomes
/// of the entry.
static region::Held ring_of(uint32_t region, uint32_t entry) {
  const region::Held* found = region::held(region, entry);
  return found != nullptr && found->kind == region::Kind::kRing ? found->constants() : region::Held{};
}

template <size_t N>
static drain::Scratch scratch_of(const Arguments<N>& arguments) {
  const auto state = arguments.template array<uint64_t>(2, napi_float64_array);
  const auto out = arguments.template array<uint64_t>(3, napi_float64_array);
  return {.state = state.data, .state_words = state.length, .out = out.data, .out_words = out.length};
}

/// (region, entry, state: Float64Array, out: Float64Array) → 0, or a result: drain::begin()
RSEQ_FUNCTION(ringBegin, 4) {
  const region::Held ring = ring_of(arguments.u32(0), arguments.u32(1));
  if (ring.kind == region::Kind::kNone) return integer(env, region::kAbsent);
  return integer(env, drain::begin(arguments.u32(0), ring, scratch_of(arguments)));
}

/// (region, entry, state, out, how many) → drain::read() or drain::advance()
template <int32_t (*operation)(uint32_t, const region::Held&, const drain::Scratch&, uint32_t)>
static napi_value of_drain(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  const region::Held ring = ring_of(arguments.u32(0), arguments.u32(1));
  if (ring.kind == region::Kind::kNone) return integer(env, region::kAbsent);
  return integer(env, operation(arguments.u32(0), ring, scratch_of(arguments), arguments.u32(4)));
}

/// (region, entry) → undefined
RSEQ_FUNCTION(ringEnd, 2) {
  const region::Held ring = ring_of(arguments.u32(0), arguments.u32(1));
  if (ring.kind != region::Kind::kNone) drain::end(arguments.u32(0), ring);
  return nullptr;
}

/// (region, entry, out: Float64Array of drain::Counts) → whether this thread has opened that ring, and it is
/// still there
RSEQ_FUNCTION(ringCounts, 3) {
  const uint32_t region = arguments.u32(0);
  const auto out = arguments.array<double>(2, napi_float64_array);
  const bool is_read = region::read(region, arguments.u32(1), false, [=](const region::Held& held) {
    if (held.kind != region::Kind::kRing || out.length != 4) return false;
    const drain::Counts counts = drain::count(region, held);
    const uint64_t all[] = {counts.written, counts.discarded, counts.overwritten, counts.pending};
    for (size_t i = 0; i < 4; ++i) out.data[i] = static_cast<double>(all[i]);
    return true;
  });
  return boolean(env, is_read);
}

napi_value ringRead(napi_env env, napi_callback_info info) { return of_drain<drain::read>(env, info); }
napi_value ringAdvance(napi_env env, napi_callback_info info) { return of_drain<drain::advance>(env, info); }

}  // namespace rseq::addon
