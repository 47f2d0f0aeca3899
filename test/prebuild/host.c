/* As much of Node-API as the addon's counters need, without a JavaScript engine: loads the addon into a
 * process of any C library, and counts in threads, each an environment of its own.
 *
 *   host THREADS INCREMENTS rseq.node FILE...    prints one line of JSON; the other files are only loaded
 *
 * What else the files import is in a second source, of functions that return an error. */
#include <dlfcn.h>
#include <node_api.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct napi_value__ {
  double number;
  napi_callback callback;
  void* data; /* of a typed array */
  size_t length;
  napi_typedarray_type type;
};

/* Values live as long as the environment; all objects are one. */
struct napi_env__ {
  struct napi_value__ values[200];
  size_t count;
  struct {
    char name[32];
    napi_value value;
  } properties[200];
  size_t set;
  void (*hook)(void* argument);
  void* argument;
};

struct napi_callback_info__ {
  struct napi_value__* arguments;
  size_t count;
};

static void fail(const char* message) {
  fprintf(stderr, "%s\n", message);
  exit(1);
}

static napi_value value_of(napi_env env, double number) {
  if (env->count == sizeof env->values / sizeof *env->values) fail("too many values");
  napi_value value = &env->values[env->count++];
  value->number = number;
  return value;
}

napi_status napi_create_double(napi_env env, double number, napi_value* result) {
  *result = value_of(env, number);
  return napi_ok;
}

napi_status napi_get_boolean(napi_env env, bool value, napi_value* result) {
  return napi_create_double(env, value, result);
}

napi_status napi_create_object(napi_env env, napi_value* result) {
  return napi_create_double(env, 0, result);
}

napi_status napi_create_string_utf8(napi_env env, const char* text, size_t length, napi_value* result) {
  (void)text;
  (void)length;
  return napi_create_double(env, 0, result);
}

napi_status napi_create_function(napi_env env, const char* name, size_t length, napi_callback callback,
                                 void* data, napi_value* result) {
  (void)name;
  (void)length;
  (void)data;
  *result = value_of(env, 0);
  (*result)->callback = callback;
  return napi_ok;
}

napi_status napi_set_named_property(napi_env env, napi_value object, const char* name, napi_value value) {
  (void)object;
  if (env->set == sizeof env->properties / sizeof *env->properties) fail("too many properties");
  strncpy(env->properties[env->set].name, name, sizeof env->properties->name - 1);
  env->properties[env->set++].value = value;
  return napi_ok;
}

napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t* count, napi_value* arguments,
                             napi_value* receiver, void** data) {
  (void)env;
  for (size_t i = 0; i < info->count; i++) arguments[i] = &info->arguments[i];
  *count = info->count;
  if (receiver != NULL) *receiver = NULL;
  if (data != NULL) *data = NULL;
  return napi_ok;
}

napi_status napi_get_value_double(napi_env env, napi_value value, double* result) {
  (void)env;
  *result = value->number;
  return napi_ok;
}

napi_status napi_get_value_bool(napi_env env, napi_value value, bool* result) {
  (void)env;
  *result = value->number != 0;
  return napi_ok;
}

napi_status napi_is_typedarray(napi_env env, napi_value value, bool* result) {
  (void)env;
  *result = value->data != NULL;
  return napi_ok;
}

napi_status napi_get_typedarray_info(napi_env env, napi_value value, napi_typedarray_type* type, size_t* length,
                                     void** data, napi_value* buffer, size_t* offset) {
  (void)env;
  (void)buffer;
  (void)offset;
  *type = value->type;
  if (length != NULL) *length = value->length;
  if (data != NULL) *data = value->data;
  return napi_ok;
}

napi_status napi_add_env_cleanup_hook(node_api_basic_env env, void (*hook)(void*), void* argument) {
  env->hook = hook;
  env->argument = argument;
  return napi_ok;
}

static napi_value property(napi_env env, const char* name) {
  for (size_t i = 0; i < env->set; i++) {
    if (strcmp(env->properties[i].name, name) == 0) return env->properties[i].value;
  }
  fprintf(stderr, "no property %s\n", name);
  exit(1);
}

static double call(napi_env env, napi_callback function, size_t count, struct napi_value__* arguments) {
  struct napi_callback_info__ info = {arguments, count};
  napi_value result = function(env, &info);
  return result != NULL ? result->number : 0;
}

static napi_value (*init)(napi_env env, napi_value exports);

static napi_env begin(void) {
  napi_env env = calloc(1, sizeof *env);
  if (env == NULL) fail("no memory");
  init(env, value_of(env, 0));
  return env;
}

static void end(napi_env env) {
  if (env->hook != NULL) env->hook(env->argument);
  free(env);
}

/* The counter's number for adding. */
static struct napi_value__ id;
static long increments;

/* Gives back the registration that its thread had. */
static void* count(void* registration) {
  napi_env env = begin();
  napi_callback inc = property(env, "inc")->callback;
  for (long i = 0; i < increments; i++) call(env, inc, 1, &id);
  call(env, property(env, "status")->callback, 0, NULL);
  *(int*)registration =
      property(env, "sections")->number != 0 ? (int)property(env, "registration")->number : -1;
  end(env);
  return NULL;
}

int main(int argc, char** argv) {
  if (argc < 4) fail("host THREADS INCREMENTS FILE...");
  const int threads = atoi(argv[1]);
  increments = atol(argv[2]);
  for (int i = argc - 1; i >= 3; i--) {
    void* library = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) fail(dlerror());
    if (i == 3) init = (napi_value (*)(napi_env, napi_value))dlsym(library, "napi_register_module_v1");
  }
  if (init == NULL) fail("no napi_register_module_v1");

  napi_env env = begin();
  /* Region 0, a counter, by CPU, without a shape, a name or other texts. */
  char texts[1] = {0};
  uint32_t lengths[5] = {0};
  struct napi_value__ wanted[6] = {{.number = 0},
                                   {.number = 1},
                                   {.number = 0},
                                   {.number = 0},
                                   {.data = texts, .type = napi_uint8_array},
                                   {.data = lengths, .length = 5, .type = napi_uint32_array}};
  const double made = call(env, property(env, "make")->callback, 6, wanted);
  const double entry = (double)(long)(made / 4294967296.0);
  id.number = made - entry * 4294967296.0;
  pthread_t ids[64];
  int registrations[64];
  for (int i = 0; i < threads && i < 64; i++) pthread_create(&ids[i], NULL, count, &registrations[i]);
  for (int i = 0; i < threads && i < 64; i++) pthread_join(ids[i], NULL);
  printf("{\"loaded\":%d,\"count\":%.0f,\"registrations\":[", argc - 3,
         call(env, property(env, "value")->callback, 2,
              (struct napi_value__[]){{.number = 0}, {.number = entry}}));
  for (int i = 0; i < threads; i++) printf("%s%d", i > 0 ? "," : "", registrations[i]);
  printf("]}\n");
  end(env);
  return 0;
}
