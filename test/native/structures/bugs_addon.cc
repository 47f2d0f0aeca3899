/// (name) → whether that mistake was made
#include <node_api.h>

#include "bugs.h"

namespace {

napi_value make_mistake(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = nullptr;
  char name[32] = {};
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  napi_get_value_string_utf8(env, argument, name, sizeof name, nullptr);
  napi_value result = nullptr;
  napi_get_boolean(env, structures::make_mistake(name), &result);
  return result;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value function = nullptr;
  napi_create_function(env, nullptr, 0, make_mistake, nullptr, &function);
  return function;
}
