/// The N-API surface of what is in regions: names, and what they are. Negative results are result.h's.
#include <stdlib.h>

#include <memory>

#include "addon/addon.h"
#include "region/claims.h"
#include "region/kinds.h"
#include "region/region.h"
#include "region/shared.h"
#include "region/utf8.h"

namespace rseq::addon {
/// An entry and its hot id in one number, which a double holds exactly.
static napi_value opened(napi_env env, uint32_t region, int32_t entry) {
  if (entry < 0) return result_of(env, entry);
  const auto which = static_cast<uint32_t>(entry);
  const region::Held* held = region::held(region, which);
  if (held != nullptr) return number(env, entry * 4294967296.0 + held->id);
  // Only looked at, and removed since.
  region::release(region, which);
  return number(env, region::kAbsent);
}

/// A name as long as the longest, or longer: then it is refused.
constexpr size_t kNameBuffer = region::kMaxName + 8;

template <size_t kSize>
static region::Bytes bytes_of(const Text<kSize>& text) {
  return {text.data, static_cast<uint32_t>(text.length)};
}

/// (region, kind, byMmCid, name, labels) → entry × 2³² + id, or a result
RSEQ_FUNCTION(open, 5) {
  const auto name = arguments.text<kNameBuffer>(3);
  const auto labels = arguments.text<region::kMaxText + 8>(4);
  const uint32_t region = arguments.u32(0);
  if (name.length == 0 || name.length > region::kMaxName) return number(env, region::kLongName);
  if (labels.length > region::kMaxText) return number(env, region::kLongName);
  if (!region::ready()) return number(env, region::kNoMemory);
  return opened(env, region,
                region::open(region, static_cast<region::Kind>(arguments.u32(1)), arguments.boolean(2),
                             bytes_of(name), bytes_of(labels)));
}

/// (region, kind, byMmCid, shape, texts: Uint8Array of name, labels, help, unit and extra, one behind the
/// other, lengths: Uint32Array of 5) → as Open
RSEQ_FUNCTION(make, 6) {
  const uint32_t region = arguments.u32(0);
  const auto texts = arguments.array<char>(4, napi_uint8_array);
  const auto lengths = arguments.array<uint32_t>(5, napi_uint32_array);
  if (lengths.length != region::kTexts) return number(env, region::kDamaged);
  region::Description wanted = {
      .kind = static_cast<region::Kind>(arguments.u32(1)),
      .by_mm_cid = arguments.boolean(2),
      .cells = 0,
      .shape = arguments.u32(3),
      .texts = {},
  };
  size_t at = 0;
  for (uint32_t i = 0; i < region::kTexts; ++i) {
    const uint32_t length = lengths.data[i];
    const size_t most = i == region::kName ? region::kMaxName : region::kMaxText;
    if (length > most) return number(env, region::kLongName);
    if (length > texts.length - at) return number(env, region::kDamaged);
    wanted.texts[i] = {texts.data + at, length};
    at += length;
  }
  if (wanted.kind == region::Kind::kNone || static_cast<uint8_t>(wanted.kind) >= region::kKinds) {
    return number(env, region::kOtherKind);
  }
  wanted.cells = region::ops(wanted.kind).cells(wanted.by_mm_cid, wanted.shape, wanted.texts[region::kExtra]);
  if (wanted.cells == 0) return number(env, region::kDamaged);
  if (!region::ready()) return number(env, region::kNoMemory);
  return opened(env, region, region::make(region, wanted));
}

/// (region, kind, byMmCid, entry, generation) → as Open
RSEQ_FUNCTION(adopt, 5) {
  const uint32_t region = arguments.u32(0);
  if (!region::ready()) return number(env, region::kNoMemory);
  return opened(env, region,
                region::adopt(region, static_cast<region::Kind>(arguments.u32(1)), arguments.boolean(2),
                              arguments.u32(3), arguments.u32(4)));
}

/// (region, entry) → 0, or a result
RSEQ_FUNCTION(release, 2) { return result_of(env, region::release(arguments.u32(0), arguments.u32(1))); }

/// (region, text) → how many gauges of the dead were removed whose labels have that text, or a result
RSEQ_FUNCTION(removeDeadGauges, 2) {
  const auto mark = arguments.text<kNameBuffer>(1);
  if (!region::ready()) return number(env, region::kNoMemory);
  return result_of(env, region::remove_dead_gauges(arguments.u32(0), bytes_of(mark)));
}

/// (milliseconds) → undefined: how long this thread waits for a directory's lock
RSEQ_FUNCTION(setPatience, 1) {
  const uint32_t wanted = arguments.u32(0);
  region::patience = wanted < region::kMostPatience ? wanted : region::kMostPatience;
  return nullptr;
}

/// (region, entry) → generation of a held entry, or a result
RSEQ_FUNCTION(generation, 2) {
  const region::Held* held = region::held(arguments.u32(0), arguments.u32(1));
  return number(env, held == nullptr ? static_cast<double>(region::kAbsent) : held->generation);
}

/// An entry as an object; null where its texts are none, or undefined where it is not live any more.
static Napi::Value object_of(Napi::Env env, const region::Directory& directory, uint32_t number,
                             const region::Entry& copied) {
  if (!directory.has_texts(copied)) return env.Null();
  // A copy: others can write to the texts, and the engine reads a string twice.
  const uint32_t length = region::total_length(copied);
  const std::unique_ptr<char, decltype(&free)> texts(static_cast<char*>(calloc(length + 1, 1)), free);
  if (texts == nullptr) return env.Undefined();
  region::load_shared(texts.get(), directory.text(copied, region::kName).data, length);
  if (!directory.still(number, copied.generation)) return env.Undefined();
  if (!region::is_utf8(texts.get(), length - copied.lengths[region::kExtra])) return env.Null();
  auto out = Napi::Object::New(env);
  out.Set("entry", number);
  out.Set("generation", copied.generation);
  out.Set("kind", static_cast<double>(copied.kind));
  out.Set("cells", copied.cells);
  out.Set("shape", copied.shape);
  out.Set("byMmCid", copied.by_mm_cid != 0);
  const char* at = texts.get();
  for (uint32_t i = 0; i < region::kExtra; ++i) {
    constexpr const char* kNames[] = {"name", "labels", "help", "unit"};
    out.Set(kNames[i], Napi::String::New(env, at, copied.lengths[i]));
    at += copied.lengths[i];
  }
  const size_t extra = copied.lengths[region::kExtra];
  void* data = nullptr;
  napi_value bytes = nullptr;
  // Not the wrapper's: where the thread is being terminated, what it gives would end the process.
  if (napi_create_arraybuffer(env, extra, &data, &bytes) == napi_ok) {
    if (extra != 0) memcpy(data, at, extra);
    out.Set("extra", Napi::Value(env, bytes));
  }
  return out;
}

/// (region, entry) → what contract/backend.ts calls EntryInfo; null where it is damaged, undefined where there is none
RSEQ_FUNCTION(describe, 2) {
  const uint32_t entry = arguments.u32(1);
  region::Info found;
  region::Entry copied;
  const bool exists = region::info(arguments.u32(0), &found) && found.directory->copy(entry, &copied);
  return exists ? object_of(env, *found.directory, entry, copied) : Napi::Value();
}

/// (region) → an array of EntryInfo, null for what is damaged
RSEQ_FUNCTION(list, 1) {
  auto out = Napi::Array::New(env);
  region::Info found;
  if (!region::info(arguments.u32(0), &found)) return out;
  const region::Directory& directory = *found.directory;
  region::Claims claims(directory);
  uint32_t length = 0;
  directory.each_entry([&](uint32_t number) {
    region::Entry copied;
    if (!directory.copy(number, &copied)) return;
    const Napi::HandleScope scope(env);
    const Napi::Value entry =
        claims.take(copied) ? object_of(env, directory, number, copied) : Napi::Env(env).Null();
    if (!entry.IsUndefined()) out.Set(length++, entry);
  });
  return out;
}

}  // namespace rseq::addon
