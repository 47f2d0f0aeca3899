/// The N-API surface of cells: adding many at once, and reading.
#include <stdlib.h>

#include "addon/addon.h"
#include "objects/counter.h"
#include "objects/histogram.h"

namespace rseq::addon {
// --- many at once -----------------------------------------------------------------------------------------
//
// 0 where all was added; −1 where the arguments do not fit together; else 1 + the index of the first amount
// that cannot be added. Nothing is added then.

static bool is_finite(double x) { return x - x == 0; }

/// A copy of `count` numbers, each read once: the memory may be shared, and change after it was checked.
/// @param out  null where there is no memory, or a number is not fit
/// @return 1 + the index of the first number that is not fit, or 0
template <typename T, typename Fit>
static size_t copy(const double* from, size_t count, Fit fit, T** out) {
  *out = static_cast<T*>(malloc(count * sizeof(T) + 1));
  for (size_t i = 0; *out != nullptr && i < count; ++i) {
    const double x = region::load_one(from + i);
    if (fit(x)) {
      (*out)[i] = static_cast<T>(x);
      continue;
    }
    free(*out);
    *out = nullptr;
    return i + 1;
  }
  return 0;
}

/// (ids: Uint32Array, amounts: Int32Array or Float64Array of the same length) → see above; safe integers
RSEQ_FUNCTION(addMany, 2) {
  const auto ids = arguments.array<uint32_t>(0, napi_uint32_array);
  const auto ints = arguments.array<int32_t>(1, napi_int32_array);
  if (ints.is_one) {
    if (ids.length != ints.length) return number(env, -1);
    counter::add_many(ids.data, ints.data, ids.length);
    return number(env, 0);
  }
  const auto doubles = arguments.array<double>(1, napi_float64_array);
  if (!doubles.is_one || ids.length != doubles.length) return number(env, -1);
  int64_t* amounts = nullptr;
  const size_t wrong = copy(doubles.data, doubles.length, counter::is_safe_integer, &amounts);
  if (amounts == nullptr) return number(env, wrong != 0 ? static_cast<double>(wrong) : -1);
  counter::add_many(ids.data, amounts, ids.length);
  free(amounts);
  return number(env, 0);
}

/// (id, samples: Float64Array) → see above; finite numbers, and not negative where `boolean`
RSEQ_FUNCTION(recordMany, 3) {
  const auto samples = arguments.array<double>(1, napi_float64_array);
  if (!samples.is_one) return number(env, -1);
  const bool positive = arguments.boolean(2);
  const auto fit = [positive](double x) { return is_finite(x) && (x >= 0 || !positive); };
  double* copied = nullptr;
  const size_t wrong = copy(samples.data, samples.length, fit, &copied);
  if (copied == nullptr) return number(env, wrong != 0 ? static_cast<double>(wrong) : -1);
  const uint32_t id = arguments.u32(0);
  for (size_t i = 0; i < samples.length; ++i) histogram::record(id, copied[i]);
  free(copied);
  return number(env, 0);
}

/// (id, sample, safe integer) → undefined
RSEQ_FUNCTION(recordTimes, 3) {
  const double times = arguments.number(2);
  if (!is_finite(arguments.number(1)) || !counter::is_safe_integer(times)) return nullptr;
  histogram::record_times(arguments.u32(0), arguments.number(1), static_cast<int64_t>(times));
  return nullptr;
}

// --- reading cells ----------------------------------------------------------------------------------------
//
// (region, entry, …) → NaN or undefined where this thread has not opened the entry, or only looks at what was
// removed.

/// An int64 where a double holds it exactly, else NaN.
static double exact(int64_t n) {
  constexpr int64_t kMaxSafe = (INT64_C(1) << 53) - 1;
  return n >= -kMaxSafe && n <= kMaxSafe ? static_cast<double>(n) : __builtin_nan("");
}

/// (region, entry) → the sum, or NaN where a double cannot hold it exactly
RSEQ_FUNCTION(value, 2) {
  const uint32_t region = arguments.u32(0);
  const auto sum = [=](const region::Held& held) { return exact(counter::sum_i64(region, held)); };
  return number(env, region::read(region, arguments.u32(1), __builtin_nan(""), sum));
}

/// (region, entry) → the sum, or undefined
RSEQ_FUNCTION(floatValue, 2) {
  const uint32_t region = arguments.u32(0);
  const auto sum = [=](const region::Held& held) { return number(env, counter::sum_f64(region, held)); };
  return region::read(region, arguments.u32(1), napi_value{}, sum);
}

/// Whether what only looks on is asked to write. TypeScript refuses that before.
static bool cannot_drain(const region::Held& held) { return held.id == region::kNoId; }

/// (region, entry, drain: boolean) → the sum as a bigint, or undefined
RSEQ_FUNCTION(bigValue, 3) {
  const uint32_t region = arguments.u32(0);
  const bool drain = arguments.boolean(2);
  return region::read(region, arguments.u32(1), napi_value{}, [=](const region::Held& held) -> napi_value {
    if (drain && cannot_drain(held)) return nullptr;
    napi_value result = nullptr;
    napi_create_bigint_int64(env, drain ? counter::drain_i64(region, held) : counter::sum_i64(region, held),
                             &result);
    return result;
  });
}

/// (region, entry) → what was added since the last drain, or undefined
RSEQ_FUNCTION(drainFloat, 2) {
  const region::Held* held = region::held(arguments.u32(0), arguments.u32(1));
  if (held == nullptr || cannot_drain(*held)) return nullptr;
  return number(env, counter::drain_f64(arguments.u32(0), *held));
}

/// A new ArrayBuffer. @param data  null where there is no memory
static napi_value new_buffer(napi_env env, size_t bytes, void** data) {
  napi_value buffer = nullptr;
  *data = nullptr;
  napi_create_arraybuffer(env, bytes, data, &buffer);
  return buffer;
}

/// (region, entry) → ArrayBuffer: a word for each possible CPU, and last the overflow cell's
RSEQ_FUNCTION(cells, 2) {
  const uint32_t region = arguments.u32(0);
  return region::read(region, arguments.u32(1), napi_value{}, [=](const region::Held& held) {
    void* data;
    napi_value buffer = new_buffer(env, (region::stripes_of(region) + 1) * sizeof(uint64_t), &data);
    if (data != nullptr) counter::read(region, held, static_cast<uint64_t*>(data));
    return buffer;
  });
}

/// (region, entry, drain: boolean) → ArrayBuffer of doubles: histogram.h's Out
RSEQ_FUNCTION(histogramCells, 3) {
  const uint32_t region = arguments.u32(0);
  const bool drain = arguments.boolean(2);
  return region::read(region, arguments.u32(1), napi_value{}, [=](const region::Held& held) -> napi_value {
    if (held.kind != region::Kind::kHistogram || (drain && cannot_drain(held))) return nullptr;
    void* data;
    napi_value buffer = new_buffer(env, histogram::out_size(held) * sizeof(double), &data);
    if (data != nullptr) histogram::read(region, held, drain, static_cast<double*>(data));
    return buffer;
  });
}

/// (region, entry, cells: Float64Array of histogram.h's Out) → whether they fit, and were added
RSEQ_FUNCTION(mergeHistogram, 3) {
  const auto cells = arguments.array<double>(2, napi_float64_array);
  const region::Held* held = region::held(arguments.u32(0), arguments.u32(1));
  const bool fits = held != nullptr && held->kind == region::Kind::kHistogram && held->shape != 0 &&
                    cells.length == histogram::out_size(*held);
  double* copied = nullptr;
  if (fits) copy(cells.data, cells.length, [](double) { return true; }, &copied);
  if (copied != nullptr) histogram::merge(held->constants(), copied);
  free(copied);
  return number(env, copied != nullptr ? 1 : 0);
}

}  // namespace rseq::addon
