/// An addon of what TypeScript has to know by heart of src/native: numbers that stand in both languages, by
/// the names that their twins have. test/unit/backend/layout.test.ts holds each of them against its twin.
#include <stddef.h>

#include "addon/addon.h"
#include "kernel/cpu.h"
#include "metrics/page.h"
#include "metrics/survey.h"
#include "objects/drain.h"
#include "objects/histogram.h"
#include "objects/pool.h"
#include "objects/records.h"
#include "objects/ring.h"
#include "objects/slots.h"
#include "region/region.h"
#include "thread/area.h"
#include "thread/noise.h"
#include "thread/preemption.h"

namespace {

using namespace rseq;

struct Named {
  const char* name;
  double value;
};

/// Of enumerations and of numbers.
template <typename T>
constexpr double of(T value) {
  return static_cast<double>(value);
}

constexpr Named kNumbers[] = {
    {"RESULT.full", of(region::kFull)},
    {"RESULT.noMemory", of(region::kNoMemory)},
    {"RESULT.otherKind", of(region::kOtherKind)},
    {"RESULT.absent", of(region::kAbsent)},
    {"RESULT.system", of(region::kSystem)},
    {"RESULT.noRegion", of(region::kNoRegion)},
    {"RESULT.otherVersion", of(region::kOtherVersion)},
    {"RESULT.damaged", of(region::kDamaged)},
    {"RESULT.owner", of(region::kOwner)},
    {"RESULT.cpus", of(region::kCpus)},
    {"RESULT.busy", of(region::kBusy)},
    {"RESULT.tooMany", of(region::kTooMany)},
    {"RESULT.readOnly", of(region::kReadOnly)},
    {"RESULT.lost", of(region::kLost)},
    {"RESULT.longName", of(region::kLongName)},
    {"RESULT.closed", of(region::kClosed)},
    {"RESULT.consumer", of(region::kConsumer)},
    {"RESULT.noRoom", of(region::kNoRoom)},
    {"RESULT.link", of(region::kLink)},
    {"KIND.counter", of(region::Kind::kCounter)},
    {"KIND.sum", of(region::Kind::kSum)},
    {"KIND.histogram", of(region::Kind::kHistogram)},
    {"KIND.gauge", of(region::Kind::kGauge)},
    {"KIND.pool", of(region::Kind::kPool)},
    {"KIND.ring", of(region::Kind::kRing)},
    {"TEXTS.name", of(region::kName)},
    {"TEXTS.labels", of(region::kLabels)},
    {"TEXTS.help", of(region::kHelp)},
    {"TEXTS.unit", of(region::kUnit)},
    {"TEXTS.extra", of(region::kExtra)},
    {"HISTOGRAM.min", of(histogram::kOutMin)},
    {"HISTOGRAM.max", of(histogram::kOutMax)},
    {"HISTOGRAM.integersHigh", of(histogram::kOutIntegersHigh)},
    {"HISTOGRAM.integersLow", of(histogram::kOutIntegersLow)},
    {"HISTOGRAM.fractions", of(histogram::kOutFractions)},
    {"HISTOGRAM.buckets", of(histogram::kOutBuckets)},
    {"SURVEY.isSame", of(survey::kIsSame)},
    {"SURVEY.leftOut", of(survey::kLeftOut)},
    {"SURVEY.first", of(survey::kFirst)},
    {"SURVEY.entry", of(survey::kEntry)},
    {"SURVEY.generation", of(survey::kGeneration)},
    {"SURVEY.kind", of(survey::kKind)},
    {"SURVEY.held", of(survey::kHeld)},
    {"SURVEY.values", of(survey::kValues)},
    {"SURVEY.head", of(survey::kHead)},
    {"WAY.value", of(page::kValue)},
    {"WAY.add", of(page::kAdd)},
    {"WAY.total", of(page::kTotal)},
    {"WAY.ask", of(page::kAsk)},
    {"WAY_SHIFT", of(page::kIndexBits)},
    {"WRITE.done", of(page::kDone)},
    {"WRITE.asked", of(page::kAsked)},
    {"WRITE.room", of(page::kRoom)},
    {"NO_SLOT.empty", of(pool::kEmpty)},
    {"NO_SLOT.nobody", of(pool::kNobody)},
    {"REFUSAL.outside", of(pool::Refusal::kOutside)},
    {"REFUSAL.free", of(pool::Refusal::kFree)},
    {"REFUSAL.foreign", of(pool::Refusal::kForeign)},
    {"REFUSAL.noPool", of(pool::Refusal::kNoPool)},
    {"REFUSAL.noMemory", of(pool::Refusal::kNoMemory)},
    {"REFUSAL.other", of(pool::Refusal::kOther)},
    {"REFUSAL.handedOver", of(pool::Refusal::kHandedOver)},
    {"TICKET", of(slots::kMostSlots)},
    {"RECORD.cpu", of(drain::kOutCpu)},
    {"RECORD.time", of(drain::kOutTime)},
    {"RECORD.position", of(drain::kOutPosition)},
    {"RECORD.length", of(drain::kOutLength)},
    {"RECORD.payload", of(drain::kOutPayload)},
    {"COUNTS.written", of(offsetof(drain::Counts, written) / 8)},
    {"COUNTS.discarded", of(offsetof(drain::Counts, discarded) / 8)},
    {"COUNTS.overwritten", of(offsetof(drain::Counts, overwritten) / 8)},
    {"COUNTS.pending", of(offsetof(drain::Counts, pending) / 8)},
    {"COUNTS.length", of(sizeof(drain::Counts) / 8)},
    {"VERDICT.unfit", of(ring::kUnfit)},
    {"VERDICT.discarded", of(ring::kDiscarded)},
    {"VERDICT.written", of(ring::kWritten)},
    {"REGISTRATIONS.none", of(area::Registration::kNone)},
    {"REGISTRATIONS.libc", of(area::Registration::kLibc)},
    {"REGISTRATIONS.self", of(area::Registration::kSelf)},
    {"REGISTRATIONS.foreign", of(area::Registration::kForeign)},
    {"REASONS.OK", of(area::Reason::kOk)},
    {"REASONS.ENOSYS", of(area::Reason::kEnosys)},
    {"REASONS.EPERM", of(area::Reason::kEperm)},
    {"REASONS.REFUSED", of(area::Reason::kRefused)},
    {"REASONS.LIBC_HIDDEN", of(area::Reason::kLibcHidden)},
    {"REASONS.FOREIGN_OWNER", of(area::Reason::kForeignOwner)},
    {"REASONS.UNTRUSTED_KERNEL", of(area::Reason::kUntrustedKernel)},
    {"REASONS.NO_MEMORY", of(area::Reason::kNoMemory)},
    {"REASONS.UNREGISTERED", of(area::Reason::kUnregistered)},
    {"REASONS.THREAD_ENDING", of(area::Reason::kThreadEnding)},
    {"SOURCES.none", of(cpu::Source::kNone)},
    {"SOURCES.rseq", of(cpu::Source::kRseq)},
    {"SOURCES.vdso", of(cpu::Source::kVdso)},
    {"SOURCES.syscall", of(cpu::Source::kSyscall)},
    {"LIMITS.address space", of(arena::Limit::kAddressSpace)},
    {"LIMITS.strict overcommit", of(arena::Limit::kOvercommit)},
    {"MAILBOX.id", of(offsetof(addon::Mailbox, id) / 4)},
    {"MAILBOX.n", of(offsetof(addon::Mailbox, n) / 4)},
    {"MAILBOX.amount", of(offsetof(addon::Mailbox, amount) / 8)},
    {"MAILBOX.fields", of(offsetof(addon::Mailbox, fields) / 8)},
    {"AREA.cpuId", of(offsetof(abi::Area, cpu_id) / 4)},
    {"AREA.rseqCs", of(offsetof(abi::Area, rseq_cs) / 4)},
    {"PREEMPTION.lost", of(offsetof(preemption::Record, lost) / 4)},
    {"PREEMPTION.interruptions", of(offsetof(preemption::Record, interruptions) / 4)},
    {"PREEMPTION.cpu", of(offsetof(preemption::Record, cpu) / 4)},
    {"PREEMPTION.voluntary", of(offsetof(preemption::Record, voluntary) / 4)},
    {"PREEMPTION.involuntary", of(offsetof(preemption::Record, involuntary) / 4)},
    {"PREEMPTION.time", of(offsetof(preemption::Record, time) / 8)},
    {"PATIENCE.usual", of(region::kPatience)},
    {"PATIENCE.short", of(region::kShortPatience)},
    {"PATIENCE.atStart", of(region::kMostPatience)},
    {"NOISE.totals", of(sizeof(noise::Totals) / 8)},
    {"NOISE.gap", of(sizeof(noise::Gap) / 8)},
    {"NOISE.goesOn", of(noise::kGoesOn)},
    {"NOISE.movedAway", of(noise::kMoved)},
    {"FORMAT", of(region::kVersion)},
    {"MOST.name", of(region::kMaxName)},
    {"MOST.text", of(region::kMaxText)},
    {"MOST.cells", of(region::kMaxCells)},
    {"MOST.roles", of(region::kMaxRoles)},
    {"MOST.precision", of(shape::kMaxPrecision)},
    {"MOST.bounds", of(shape::kMaxBounds)},
    {"MOST.buckets", of(shape::kMaxBuckets)},
    {"MOST.slots", of(slots::kMostSlots)},
    {"MOST.fields", of(records::kMaxFields)},
    {"MOST.bytes", of(records::kMaxBytes)},
};

}  // namespace

NAPI_MODULE_INIT() {
  for (const Named& one : kNumbers) {
    napi_value value = nullptr;
    napi_create_double(env, one.value, &value);
    napi_set_named_property(env, exports, one.name, value);
  }
  return exports;
}
