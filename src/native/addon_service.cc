/// The N-API surface of what the processes of a service do beside counting: gauges, a look at everything, and
/// roles that one of them plays.
#include <errno.h>
#include <stdlib.h>

#include "addon.h"
#include "counter.h"
#include "survey.h"

namespace rseq::addon {
namespace {

/// (id, number) → undefined
template <void (*operation)(uint32_t, double)>
napi_value OnGauge(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  operation(arguments.u32(0), arguments.number(1));
  return nullptr;
}

/// (region) → ArrayBuffer of doubles: survey.h's Head and values, one entry after the other; or undefined
napi_value Survey(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  const uint32_t number = arguments.u32(0);
  region::Info found;
  if (!region::ready() || !region::info(number, &found)) return nullptr;
  const size_t capacity = survey::size(*found.directory);
  auto* doubles = static_cast<double*>(malloc(capacity * sizeof(double) + 1));
  if (doubles == nullptr) return nullptr;
  const size_t length = survey::read(number, *found.directory, doubles, capacity);
  void* data = nullptr;
  napi_value buffer = nullptr;
  napi_create_arraybuffer(env, length * sizeof(double), &data, &buffer);
  if (data != nullptr) memcpy(data, doubles, length * sizeof(double));
  free(doubles);
  return data != nullptr || length == 0 ? buffer : nullptr;
}

/// (region, role) → 1 or 0, or a result
template <int32_t (*function)(uint32_t, uint32_t)>
napi_value OfRole(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  const int32_t result = region::ready() ? function(arguments.u32(0), arguments.u32(1))
                                         : static_cast<int32_t>(region::kNoMemory);
  return number(env, result == region::kSystem ? result - 64.0 * errno : result);
}

}  // namespace

void set_service(const Napi::Object& exports) {
  set_raw(exports, "setGauge", OnGauge<counter::set_gauge>);
  set_raw(exports, "addGauge", OnGauge<counter::add_gauge>);
  set_raw(exports, "survey", Survey);
  set_raw(exports, "lead", OfRole<region::lead>);
  set_raw(exports, "stepDown", OfRole<region::step_down>);
}

}  // namespace rseq::addon
