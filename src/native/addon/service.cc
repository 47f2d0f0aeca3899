/// The N-API surface of what the processes of a service do beside counting: gauges, a look at everything, its
/// numbers as text, and roles that one of them plays.
#include "addon/addon.h"
#include "metrics/page.h"
#include "metrics/survey.h"
#include "objects/counter.h"

namespace rseq::addon {
/// (id, number) → undefined
template <void (*operation)(uint32_t, double)>
static napi_value on_gauge(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  operation(arguments.u32(0), arguments.number(1));
  return nullptr;
}

/// (region, into: Float64Array) → how many of it were filled, by survey.h's Head and values, one entry after
/// the other; −n where it should have had n; or undefined. The caller's memory, for new pages would cost more
/// than all else.
RSEQ_FUNCTION(survey, 2) {
  const uint32_t region = arguments.u32(0);
  const auto into = arguments.array<double>(1, napi_float64_array);
  region::Info found;
  if (!region::ready() || !region::info(region, &found)) return nullptr;
  const size_t count = survey::read(region, *found.directory, into.data, into.length);
  const auto numbers = static_cast<double>(count);
  return number(env, count > into.length ? -numbers : numbers);
}

/// (out: Uint8Array, numbers: Float64Array, heads: Uint8Array, ends: Uint32Array, which: Uint32Array,
/// state: Float64Array of row, at, total) → page.h's Status, or −1 where that does not fit together
RSEQ_FUNCTION(writeRows, 6) {
  const auto out = arguments.array<char>(0, napi_uint8_array);
  const auto numbers = arguments.array<double>(1, napi_float64_array);
  const auto heads = arguments.array<char>(2, napi_uint8_array);
  const auto ends = arguments.array<uint32_t>(3, napi_uint32_array);
  const auto which = arguments.array<uint32_t>(4, napi_uint32_array);
  const auto said = arguments.array<double>(5, napi_float64_array);
  if (said.length != 3 || ends.length != which.length) return number(env, -1);
  double words[3];
  memcpy(words, said.data, sizeof(words));
  const auto is_at_most = [](double x, size_t most) { return x >= 0 && x <= static_cast<double>(most); };
  if (!is_at_most(words[0], ends.length) || !is_at_most(words[1], out.length)) return number(env, -1);
  page::State state = {static_cast<size_t>(words[0]), static_cast<size_t>(words[1]), words[2]};
  const page::Status status = page::write({.heads = heads.data,
                                           .ends = ends.data,
                                           .which = which.data,
                                           .numbers = numbers.data,
                                           .head_bytes = heads.length,
                                           .rows = ends.length,
                                           .numbers_length = numbers.length},
                                          out.data, out.length, &state);
  said.data[0] = static_cast<double>(state.row);
  said.data[1] = static_cast<double>(state.at);
  said.data[2] = state.total;
  return number(env, status);
}

/// (region, role) → 1 or 0, or a result
template <int32_t (*function)(uint32_t, uint32_t)>
static napi_value of_role(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  if (!region::ready()) return number(env, region::kNoMemory);
  return result_of(env, function(arguments.u32(0), arguments.u32(1)));
}

napi_value setGauge(napi_env env, napi_callback_info info) { return on_gauge<counter::set_gauge>(env, info); }
napi_value addGauge(napi_env env, napi_callback_info info) { return on_gauge<counter::add_gauge>(env, info); }
napi_value lead(napi_env env, napi_callback_info info) { return of_role<region::lead>(env, info); }
napi_value stepDown(napi_env env, napi_callback_info info) { return of_role<region::step_down>(env, info); }

}  // namespace rseq::addon
