/// The N-API surface of watching what takes the CPU.
#include "thread/noise.h"
#include "addon/addon.h"
#include "kernel/cpu.h"

namespace rseq::addon {
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

}  // namespace rseq::addon
