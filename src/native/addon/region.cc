/// The N-API surface of regions: which there are, and who has them. Negative results are result.h's.
#include <errno.h>

#include "addon/addon.h"
#include "region/lock.h"
#include "region/region.h"
#include "region/shared.h"
#include "region/sweep.h"

namespace rseq::addon {

constexpr size_t kPath = 4096;

/// (path, cells or 0) → region, or a result
RSEQ_FUNCTION(createFile, 2) {
  char path[kPath];
  arguments.text(0, path, sizeof path);
  return result_of(env, region::create_file(path, arguments.u32(1)));
}

/// (cells or 0) → region, or a result
RSEQ_FUNCTION(createMemfd, 1) { return result_of(env, region::create_memfd(arguments.u32(0))); }

/// (path, readOnly) → region, or a result
RSEQ_FUNCTION(attach, 2) {
  char path[kPath];
  arguments.text(0, path, sizeof path);
  return result_of(env, region::attach(path, arguments.boolean(1)));
}

/// (path) → 1 where the file was removed, else 0
RSEQ_FUNCTION(sweep, 1) {
  char path[kPath];
  arguments.text(0, path, sizeof path);
  return number(env, region::sweep(path) ? 1 : 0);
}

/// (nonce: bigint, inode: bigint) → region, or a result
napi_value findRegion(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2] = {};
  uint64_t numbers[2] = {};
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  for (size_t i = 0; i < 2; ++i) {
    bool lossless = false;
    if (napi_get_value_bigint_uint64(env, arguments[i], &numbers[i], &lossless) != napi_ok) {
      return number(env, region::kAbsent);
    }
  }
  return number(env, region::find(numbers[0], numbers[1]));
}

/// (region) → 0, or a result
template <int32_t (*function)(uint32_t)>
static napi_value of_region(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  return number(env, region::ready() ? function(arguments.u32(0)) : static_cast<int32_t>(region::kNoMemory));
}

/// (region) → an array of { pid, startTime, pidNamespace, alive, self }
RSEQ_FUNCTION(processes, 1) {
  auto out = Napi::Array::New(env);
  region::Info found;
  if (!region::info(arguments.u32(0), &found)) return out;
  const region::Directory& directory = *found.directory;
  const uint32_t high = directory.process_high();
  uint32_t length = 0;
  for (uint32_t i = 0; i < high; ++i) {
    const bool self = i == directory.process && !found.read_only;
    // Asked first: whoever has the lock has written itself down.
    const bool alive = self || region::lock::is_alive(directory.fd, i);
    region::Process process;
    region::load_shared(&process, &directory.processes[i], sizeof process);
    if (process.pid == 0) continue;
    auto one = Napi::Object::New(env);
    one.Set("pid", Napi::Number::New(env, process.pid));
    one.Set("startTime", Napi::Number::New(env, static_cast<double>(process.start_time)));
    one.Set("pidNamespace", Napi::Number::New(env, static_cast<double>(process.pid_namespace)));
    one.Set("alive", Napi::Boolean::New(env, alive));
    one.Set("self", Napi::Boolean::New(env, self));
    out.Set(length++, one);
  }
  return out;
}

/// (region) → what backend/addon.ts calls RegionInfo, or undefined
RSEQ_FUNCTION(regionInfo, 1) {
  region::Info found;
  if (!region::ready() || !region::info(arguments.u32(0), &found)) return nullptr;
  const region::Sizes& sizes = found.directory->sizes;
  auto out = Napi::Object::New(env);
  const auto set = [&](const char* name, double value) { out.Set(name, Napi::Number::New(env, value)); };
  out.Set("nonce", Napi::BigInt::New(env, found.nonce));
  out.Set("inode", Napi::BigInt::New(env, found.inode));
  out.Set("readOnly", Napi::Boolean::New(env, found.read_only));
  out.Set("shared", Napi::Boolean::New(env, found.shared));
  set("fd", region::descriptor(arguments.u32(0)));
  set("stripes", sizes.stripes);
  set("cells", sizes.cells);
  set("cellsUsed", found.cells_used);
  set("entries", sizes.entries);
  set("entriesUsed", found.entries_used);
  set("lostWrites", found.lost_writes);
  set("bytes", static_cast<double>(found.bytes));
  set("limit", static_cast<double>(arena::limit()));
  return out;
}

napi_value result_of(napi_env env, int32_t result) {
  const bool system = result == region::kSystem || result == region::kBusy;
  return number(env, system ? result - 64.0 * errno : result);
}

napi_value closeRegion(napi_env env, napi_callback_info info) { return of_region<region::close>(env, info); }
napi_value checkRegion(napi_env env, napi_callback_info info) { return of_region<region::check>(env, info); }

}  // namespace rseq::addon
