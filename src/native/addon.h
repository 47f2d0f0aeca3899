/// What the files of the N-API surface share. Argument types and ranges were checked in TypeScript.
#pragma once

#include <napi.h>

namespace rseq::addon {

/// exports[name] = a function without the C++ wrapper.
inline void set_raw(const Napi::Object& exports, const char* name, napi_callback callback) {
  napi_value function = nullptr;
  napi_create_function(exports.Env(), name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(exports.Env(), exports, name, function);
}

/// exports[name] = a function with it.
template <auto callback>
void set(const Napi::Object& exports, const char* name) {
  exports.Set(name, Napi::Function::New<callback>(exports.Env(), name));
}

/// An ArrayBuffer over memory that outlives the thread's environment, or undefined where the JavaScript
/// engine takes no buffers of others' memory.
inline Napi::Value view_of(Napi::Env env, void* memory, size_t size) {
  napi_value buffer = nullptr;
  const napi_status made = napi_create_external_arraybuffer(env, memory, size, nullptr, nullptr, &buffer);
  if (made != napi_ok) return env.Undefined();
  return {env, buffer};
}

/// Sets the functions of addon_cells.cc.
void set_cells(const Napi::Object& exports);

}  // namespace rseq::addon
