/// V8 fast calls: the only file that knows V8, in an optional addon of its own, one per Node ABI.
///
/// Optimised JavaScript calls a C function directly where its FunctionTemplate carries a v8::CFunction. The
/// header that declares that class (v8-fast-api-calls.h) is not shipped with Node, though the functions that
/// take it are; so its three classes are declared here, as the V8 versions below lay them out. A wrong
/// layout crashes at optimisation time: any other version gets an empty module, and the package stays
/// with N-API.
#include <node.h>
#include <string.h>

#include "addon/targets.h"

#if V8_MAJOR_VERSION == 11 && V8_MINOR_VERSION == 3  // Node 20
#define RSEQ_FAST_CALLS 1
#define RSEQ_SEQUENCE_TYPE 1
#define RSEQ_INT64_REPRESENTATION 0
#elif (V8_MAJOR_VERSION == 12 && V8_MINOR_VERSION == 4) || /* Node 22 */ \
    (V8_MAJOR_VERSION == 13 && V8_MINOR_VERSION == 6)      /* Node 24 */
#define RSEQ_FAST_CALLS 1
#define RSEQ_SEQUENCE_TYPE 1
#define RSEQ_INT64_REPRESENTATION 1
#elif V8_MAJOR_VERSION == 14 && V8_MINOR_VERSION == 6  // Node 26
#define RSEQ_FAST_CALLS 1
#define RSEQ_SEQUENCE_TYPE 0
#define RSEQ_INT64_REPRESENTATION 1
#else
#define RSEQ_FAST_CALLS 0
#endif

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

using rseq::targets::Table;
using Type = v8::CTypeInfo::Type;

constexpr v8::CTypeInfo kInc[] = {{Type::kV8Value}, {Type::kUint32}};
constexpr v8::CTypeInfo kAddInt32[] = {{Type::kV8Value}, {Type::kUint32}, {Type::kInt32}};
constexpr v8::CTypeInfo kAddDouble[] = {{Type::kV8Value}, {Type::kUint32}, {Type::kFloat64}};

constexpr v8::CTypeInfo kIds[] = {{Type::kV8Value}, {Type::kUint32}, {Type::kUint32}, {Type::kUint32}};
constexpr v8::CTypeInfo kWriteDoubles[] = {{Type::kV8Value}, {Type::kUint32},  {Type::kFloat64},
                                           {Type::kFloat64}, {Type::kFloat64}, {Type::kFloat64}};

constexpr v8::CFunctionInfo kIncInfo = {.result = {Type::kVoid}, .count = 2, .arguments = kInc};
constexpr v8::CFunctionInfo kAddInt32Info = {.result = {Type::kVoid}, .count = 3, .arguments = kAddInt32};
constexpr v8::CFunctionInfo kAddDoubleInfo = {.result = {Type::kVoid}, .count = 3, .arguments = kAddDouble};
constexpr v8::CFunctionInfo kAcquireInfo = {.result = {Type::kInt32}, .count = 3, .arguments = kIds};
constexpr v8::CFunctionInfo kReleaseInfo = {.result = {Type::kUint32}, .count = 4, .arguments = kIds};

constexpr v8::CFunctionInfo kWriteDoublesInfo = {
    .result = {Type::kInt32}, .count = 6, .arguments = kWriteDoubles};

// What unoptimised JavaScript calls: the same C function, whose address is the callback's data. Arguments are
// numbers: TypeScript has checked them.

using Info = v8::FunctionCallbackInfo<v8::Value>;

double number(v8::Local<v8::Value> value) { return value.As<v8::Number>()->Value(); }

template <typename Target>
Target target(const Info& info) {
  return reinterpret_cast<Target>(static_cast<uintptr_t>(number(info.Data())));  // 48 bits at most: exact
}

/// As V8 converts it for the fast call: −1 too is nobody's.
uint32_t u32(v8::Local<v8::Value> value) {
  return static_cast<uint32_t>(static_cast<int64_t>(number(value)));
}

uint32_t id(const Info& info) { return u32(info[0]); }

void give(const Info& info, double result) {
  info.GetReturnValue().Set(v8::Number::New(v8::Isolate::GetCurrent(), result));
}

void Inc(const Info& info) { target<rseq::targets::Inc>(info)(nullptr, id(info)); }

void AddInt32(const Info& info) {
  target<rseq::targets::AddInt32>(info)(nullptr, id(info), static_cast<int32_t>(number(info[1])));
}

void AddDouble(const Info& info) {
  target<rseq::targets::AddDouble>(info)(nullptr, id(info), number(info[1]));
}

void AcquireSlot(const Info& info) {
  give(info, target<rseq::targets::AcquireSlot>(info)(nullptr, id(info), u32(info[1])));
}

void ReleaseSlot(const Info& info) {
  give(info, target<rseq::targets::ReleaseSlot>(info)(nullptr, id(info), u32(info[1]), u32(info[2])));
}

void WriteDoubles(const Info& info) {
  give(info, target<rseq::targets::WriteDoubles>(info)(nullptr, id(info), number(info[1]), number(info[2]),
                                                       number(info[3]), number(info[4])));
}

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

/// (ArrayBuffer holding a Table) → {inc, addInt32, add, addFloat, record, recordInt32, acquireSlot,
/// releaseSlot, ringWrite}
void Bind(const Info& info) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  const auto context = isolate->GetCurrentContext();
  if (!info[0]->IsArrayBuffer()) return;
  const auto buffer = info[0].As<v8::ArrayBuffer>();
  Table table;
  if (buffer->ByteLength() != sizeof table) return;
  memcpy(&table, buffer->Data(), sizeof table);
  const auto functions = v8::Object::New(isolate);
  const auto fast = [&](const char* name, v8::FunctionCallback slow, auto target,
                        const v8::CFunctionInfo& type) {
    const auto address = reinterpret_cast<uintptr_t>(target);
    const v8::CFunction function = {reinterpret_cast<const void*>(address), &type};
    set(context, functions, name, slow, v8::Number::New(isolate, static_cast<double>(address)), &function);
  };
  fast("inc", Inc, table.inc, kIncInfo);
  fast("addInt32", AddInt32, table.add_int32, kAddInt32Info);
  fast("add", AddDouble, table.add, kAddDoubleInfo);
  fast("addFloat", AddDouble, table.add_float, kAddDoubleInfo);
  fast("record", AddDouble, table.record, kAddDoubleInfo);
  fast("recordInt32", AddInt32, table.record_int32, kAddInt32Info);
  fast("acquireSlot", AcquireSlot, table.acquire_slot, kAcquireInfo);
  fast("releaseSlot", ReleaseSlot, table.release_slot, kReleaseInfo);
  fast("ringWrite", WriteDoubles, table.ring_write, kWriteDoublesInfo);
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
