/// What the files of the N-API surface share. TypeScript has checked arguments, for good messages; here
/// nothing is believed of them: a number that is none is nobody's, memory's type and size are taken from what
/// was really given.
#pragma once

#include <napi.h>
#include <string.h>

namespace rseq::addon {

inline void set(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function = nullptr;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

/// An ArrayBuffer over memory that outlives the thread's environment, or undefined where the JavaScript
/// engine takes no buffers of others' memory.
inline napi_value view_of(napi_env env, void* memory, size_t size) {
  napi_value buffer = nullptr;
  const napi_status made = napi_create_external_arraybuffer(env, memory, size, nullptr, nullptr, &buffer);
  return made == napi_ok ? buffer : nullptr;
}

/// A typed array's memory, of exactly one type.
template <typename T>
struct Array {
  T* data = nullptr;
  size_t length = 0;
  bool is_one = false;  ///< the value is such an array; one of length 0 may have no memory
};

/// UTF-8 with a 0 behind it. A length of kSize − 1 may mean that there was more.
template <size_t kSize>
struct Text {
  char data[kSize];
  size_t length;
};

/// A call's arguments. Missing ones are undefined.
template <size_t N>
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = N;
    napi_get_cb_info(env, info, &count, values_, nullptr, nullptr);
  }

  /// @return nobody's number, UINT32_MAX, for anything but an integer from 0 to that
  uint32_t u32(size_t i) const {
    double value = -1;
    napi_get_value_double(env_, values_[i], &value);
    const bool fits = value >= 0 && value <= UINT32_MAX;
    const uint32_t truncated = fits ? static_cast<uint32_t>(value) : UINT32_MAX;
    return static_cast<double>(truncated) == value ? truncated : UINT32_MAX;
  }

  double number(size_t i) const {
    double value = 0;
    napi_get_value_double(env_, values_[i], &value);
    return value;
  }

  bool boolean(size_t i) const {
    bool value = false;
    napi_get_value_bool(env_, values_[i], &value);
    return value;
  }

  template <size_t kSize>
  Text<kSize> text(size_t i) const {
    Text<kSize> out;
    out.data[0] = '\0';
    out.length = 0;
    napi_get_value_string_utf8(env_, values_[i], out.data, kSize, &out.length);
    return out;
  }

  /// @return whether it is a bigint
  bool bigint(size_t i, uint64_t* out) const {
    bool lossless = false;
    return napi_get_value_bigint_uint64(env_, values_[i], out, &lossless) == napi_ok;
  }

  template <typename T>
  Array<T> array(size_t i, napi_typedarray_type wanted) const {
    napi_typedarray_type type;
    bool is_one = false;
    void* data = nullptr;
    size_t length = 0;
    if (napi_is_typedarray(env_, values_[i], &is_one) != napi_ok || !is_one) return {};
    if (napi_get_typedarray_info(env_, values_[i], &type, &length, &data, nullptr, nullptr) != napi_ok)
      return {};
    if (type != wanted) return {};
    return {static_cast<T*>(data), length, true};
  }

 private:
  napi_env env_;
  napi_value values_[N] = {};
};

/// Defines a function of the module: its `env` and its `count` arguments are given.
#define RSEQ_FUNCTION(name, count)                                                                          \
  static napi_value name(napi_env env, const Arguments<count>& arguments);                                  \
  napi_value name(napi_env env, napi_callback_info info) { return name(env, Arguments<count>(env, info)); } \
  static napi_value name([[maybe_unused]] napi_env env, const Arguments<count>& arguments)

/// Decoding arguments costs an N-API call as much again as the call itself. So a hot operation takes none:
/// JavaScript writes them to this thread's mailbox, through a typed array, and calls; nothing of the thread
/// runs in between. The functions with arguments are for engines that take no buffers of others' memory.
struct Mailbox {
  uint32_t id;
  int32_t n;
  double amount;
  double fields[4];
};

inline napi_value number(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}

inline napi_value integer(napi_env env, int32_t value) {
  napi_value result = nullptr;
  napi_create_int32(env, value, &result);
  return result;
}

inline napi_value boolean(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}

/// A result of regions, and where the system said why, 64 × errno below it.
napi_value result_of(napi_env env, int32_t result);
/// Sets hot operations, and their twins that read the mailbox.
void set_hot(napi_env env, napi_value exports);

}  // namespace rseq::addon
