/// V8 fast calls: the only file that knows V8, in an optional addon of its own, one per Node ABI.
///
/// Optimised JavaScript calls a C function directly where its FunctionTemplate carries a v8::CFunction. The
/// header that declares that class (v8-fast-api-calls.h) is not shipped with Node, though the functions that
/// take it are; so its three classes are declared here, as the V8 versions below lay them out. A wrong
/// layout crashes at optimisation time: any other version gets an empty module, and the package stays
/// with N-API.
#include <node.h>
#include <string.h>

#include <type_traits>
#include <utility>

#include "addon/targets.h"

#define RSEQ_V8(major, minor) (V8_MAJOR_VERSION == (major) && V8_MINOR_VERSION == (minor))
/// Of Node 20, 22, 24 and 26.
#define RSEQ_FAST_CALLS (RSEQ_V8(11, 3) || RSEQ_V8(12, 4) || RSEQ_V8(13, 6) || RSEQ_V8(14, 6))
#define RSEQ_SEQUENCE_TYPE (V8_MAJOR_VERSION < 14)
#define RSEQ_INT64_REPRESENTATION (V8_MAJOR_VERSION > 11)

#if RSEQ_FAST_CALLS

namespace v8 {

/// One argument's or result's type.
class CTypeInfo {
 public:
  enum class Type : uint8_t { kVoid = 0, kInt32 = 3, kUint32 = 4, kFloat64 = 8, kV8Value = 10 };
  Type type;
#if RSEQ_SEQUENCE_TYPE
  uint8_t sequence_type = 0;
#endif
  uint8_t flags = 0;
};

/// A C function's signature. V8 keeps the address of it.
class CFunctionInfo {
 public:
  CTypeInfo result;
#if RSEQ_INT64_REPRESENTATION
  uint8_t int64_representation = 0;
#endif
  unsigned int count;
  const CTypeInfo* arguments;
};

/// A C function and its signature.
class CFunction {
 public:
  const void* address;
  const CFunctionInfo* info;
};

static_assert(sizeof(CTypeInfo) == 2 + RSEQ_SEQUENCE_TYPE);
static_assert(sizeof(CFunctionInfo) == 16 && sizeof(CFunction) == 16);

}  // namespace v8

namespace {

using Type = v8::CTypeInfo::Type;
using Info = v8::FunctionCallbackInfo<v8::Value>;

double number(v8::Local<v8::Value> value) { return value.As<v8::Number>()->Value(); }

/// A type of arguments and results, for V8.
template <typename T>
constexpr Type kType = Type::kVoid;
template <>
constexpr Type kType<int32_t> = Type::kInt32;
template <>
constexpr Type kType<uint32_t> = Type::kUint32;
template <>
constexpr Type kType<double> = Type::kFloat64;

/// An argument as V8 converts it for the fast call: an id of −1 too is nobody's. Arguments are numbers:
/// TypeScript has checked them.
template <typename T>
T converted(v8::Local<v8::Value> value) {
  if constexpr (std::is_same_v<T, double>)
    return number(value);
  else
    return static_cast<T>(static_cast<int64_t>(number(value)));
}

template <typename Target>
struct Hot;

template <typename R, typename... A>
struct Hot<R (*)(rseq::targets::Receiver, A...)> {
  static constexpr v8::CTypeInfo kArguments[] = {{Type::kV8Value}, {kType<A>}...};
  static constexpr v8::CFunctionInfo kInfo = {
      .result = {kType<R>}, .count = 1 + sizeof...(A), .arguments = kArguments};

  /// What unoptimised JavaScript calls: the same C function, whose address is the callback's data.
  static void slow(const Info& info) {
    const auto address = static_cast<uintptr_t>(number(info.Data()));  // 48 bits at most: exact
    const auto target = reinterpret_cast<R (*)(rseq::targets::Receiver, A...)>(address);
    [&]<size_t... i>(std::index_sequence<i...>) {
      if constexpr (std::is_void_v<R>) {
        target(nullptr, converted<A>(info[i])...);
      } else {
        const double result = target(nullptr, converted<A>(info[i])...);
        info.GetReturnValue().Set(v8::Number::New(v8::Isolate::GetCurrent(), result));
      }
    }(std::index_sequence_for<A...>());
  }
};

/// Sets exports[name]; leaves it out where the thread is being terminated, as everything below does: the
/// package then stays with N-API.
void set(v8::Local<v8::Context> context, v8::Local<v8::Object> exports, const char* name,
         v8::FunctionCallback slow, v8::Local<v8::Value> data, const v8::CFunction* fast) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  v8::Local<v8::String> key;
  v8::Local<v8::Function> function;
  const auto made = v8::FunctionTemplate::New(isolate, slow, data, {}, 0, v8::ConstructorBehavior::kThrow,
                                              v8::SideEffectType::kHasSideEffect, fast);
  if (!v8::String::NewFromUtf8(isolate, name).ToLocal(&key)) return;
  if (!made->GetFunction(context).ToLocal(&function)) return;
  if (exports->Set(context, key, function).IsNothing()) return;
}

/// (ArrayBuffer holding a Table) → an object of its functions, by their names in JavaScript
void Bind(const Info& info) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  const auto context = isolate->GetCurrentContext();
  if (!info[0]->IsArrayBuffer()) return;
  const auto buffer = info[0].As<v8::ArrayBuffer>();
  rseq::targets::Table table;
  if (buffer->ByteLength() != sizeof table) return;
  memcpy(&table, buffer->Data(), sizeof table);
  const auto functions = v8::Object::New(isolate);
  const auto fast = [&]<typename Target>(const char* name, Target target) {
    const auto address = reinterpret_cast<uintptr_t>(target);
    const v8::CFunction function = {reinterpret_cast<const void*>(address), &Hot<Target>::kInfo};
    const auto data = v8::Number::New(isolate, static_cast<double>(address));
    set(context, functions, name, Hot<Target>::slow, data, &function);
  };
#define RSEQ_FAST(field, Type, name, mailed) fast(name, table.field);
  RSEQ_HOT(RSEQ_FAST)
  info.GetReturnValue().Set(functions);
}

}  // namespace

#endif

/// Node looks this symbol up by the name of its own ABI: an addon for another one does not load.
extern "C" NODE_MODULE_EXPORT void NODE_MODULE_INITIALIZER(v8::Local<v8::Object> exports,
                                                           v8::Local<v8::Value>,
                                                           v8::Local<v8::Context> context) {
#if RSEQ_FAST_CALLS
  set(context, exports, "bind", Bind, {}, nullptr);
#else
  (void)exports;
  (void)context;
#endif
}
