/// The N-API surface of regions: which there are, and who has them. Negative results are result.h's.
#include <errno.h>

#include "addon/addon.h"
#include "region/lock.h"
#include "region/region.h"
#include "region/shared.h"

namespace rseq::addon {

constexpr size_t kPath = 4096;

/// (path, cells or 0) → region, or a result
RSEQ_FUNCTION(createFile, 2) {
  return result_of(env, region::create_file(arguments.text<kPath>(0).data, arguments.u32(1)));
}

/// (cells or 0) → region, or a result
RSEQ_FUNCTION(createMemfd, 1) { return result_of(env, region::create_memfd(arguments.u32(0))); }

/// (path, readOnly) → region, or a result
RSEQ_FUNCTION(attach, 2) {
  return result_of(env, region::attach(arguments.text<kPath>(0).data, arguments.boolean(1)));
}

/// (path) → 1 where the file was removed, else 0
RSEQ_FUNCTION(sweep, 1) { return number(env, region::sweep(arguments.text<kPath>(0).data) ? 1 : 0); }

/// (nonce: bigint, inode: bigint) → region, or a result
RSEQ_FUNCTION(findRegion, 2) {
  uint64_t nonce;
  uint64_t inode;
  if (!arguments.bigint(0, &nonce) || !arguments.bigint(1, &inode)) return number(env, region::kAbsent);
  return number(env, region::find(nonce, inode));
}

/// (region) → 0, or a result
template <int32_t (*function)(uint32_t)>
static napi_value of_region(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  if (!region::ready()) return number(env, region::kNoMemory);
  return number(env, function(arguments.u32(0)));
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
    one.Set("pid", process.pid);
    one.Set("startTime", process.start_time);
    one.Set("pidNamespace", process.pid_namespace);
    one.Set("alive", alive);
    one.Set("self", self);
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
  out.Set("nonce", Napi::BigInt::New(env, found.nonce));
  out.Set("inode", Napi::BigInt::New(env, found.inode));
  out.Set("readOnly", found.read_only);
  out.Set("shared", found.shared);
  out.Set("fd", region::descriptor(arguments.u32(0)));
  out.Set("stripes", sizes.stripes);
  out.Set("cells", sizes.cells);
  out.Set("cellsUsed", found.cells_used);
  out.Set("entries", sizes.entries);
  out.Set("entriesUsed", found.entries_used);
  out.Set("lostWrites", found.lost_writes);
  out.Set("bytes", found.bytes);
  out.Set("limit", static_cast<double>(arena::limit()));
  return out;
}

napi_value result_of(napi_env env, int32_t result) {
  const bool system = result == region::kSystem || result == region::kBusy;
  return number(env, system ? result - 64.0 * errno : result);
}

napi_value closeRegion(napi_env env, napi_callback_info info) { return of_region<region::close>(env, info); }
napi_value checkRegion(napi_env env, napi_callback_info info) { return of_region<region::check>(env, info); }

}  // namespace rseq::addon
