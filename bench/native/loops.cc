#include "loops.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/cpu.h"
#include "objects/counter.h"
#include "region/region.h"
#include "thread/area.h"
#include "vdso.h"
#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace bench {
namespace {

using namespace rseq;

/// Processors fetch cache lines in pairs.
constexpr size_t kLine = 128;

struct alignas(kLine) Line {
  int64_t value;
};

Line private_line;
Line shared_line;
Line* lines;  ///< one per possible CPU
uint32_t line_count;
uint32_t counter_id;
Getcpu vdso;

/// The compiler must think that x is used.
template <typename T>
void keep(T x) {
  __asm__ volatile("" : : "r"(x));
}

template <auto body>
__attribute__((noinline)) void loop(uint64_t iterations) {
  for (uint64_t i = 0; i < iterations; ++i) body();
}

void atomic_add(Line& line) { __atomic_fetch_add(&line.value, INT64_C(1), __ATOMIC_RELAXED); }

/// The CPU number can be no number at all where nothing tells it.
Line& line_of(uint32_t cpu) { return lines[cpu < line_count ? cpu : 0]; }

uint32_t by_vdso() {
  unsigned cpu = 0;
  vdso(&cpu, nullptr, nullptr);
  return cpu;
}

uint32_t by_rseq() { return abi::load(&area::current()->cpu_id); }

bool has_vdso() { return vdso != nullptr; }
bool has_area() { return area::settle().area != nullptr; }
bool has_sections() { return area::settle().sections; }

__attribute__((noinline)) void read_cpu_id(uint64_t iterations) {
  const uint32_t* cpu_id = &area::current()->cpu_id;
  for (uint64_t i = 0; i < iterations; ++i) keep(abi::load(cpu_id));
}

/// The critical section alone, as a C program would have it around its own per-CPU memory.
__attribute__((noinline)) void rseq_increment(uint64_t iterations) {
  abi::Area* area = area::current();
  for (uint64_t i = 0; i < iterations; ++i) {
    const uint32_t cpu = abi::load(&area->cpu_id);
    const auto outcome = sequences::add_i64(area, &area->cpu_id, cpu, &line_of(cpu).value, 1);
    if (outcome != sequences::Outcome::kCommitted) --i;
  }
}

#if defined(__x86_64__)
bool has_rdtscp() {
  unsigned eax, ebx, ecx, edx;
  return __get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1U << 27)) != 0;
}

bool has_rdpid() {
  unsigned eax, ebx, ecx, edx;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ecx & (1U << 22)) != 0;
}

uint32_t rdtscp() {
  uint32_t aux;
  __asm__ volatile("rdtscp" : "=c"(aux) : : "rax", "rdx");
  return aux & 0xfff;
}

uint32_t rdpid() {
  uint64_t aux;
  __asm__ volatile(".byte 0xf3, 0x0f, 0xc7, 0xf8" : "=a"(aux));  // rdpid %rax; assemblers of old lack it
  return aux & 0xfff;
}
#endif

// --- several threads
// ----------------------------------------------------------------------------------------

/// One start for all threads.
struct Race {
  uint64_t iterations;
  uint32_t waiting;
  uint32_t go;
};

struct Runner {
  pthread_t id;
  uint32_t number;
  Race* race;
  int64_t started;
  int64_t ended;
};

void* run_shared(void* argument) {
  auto* runner = static_cast<Runner*>(argument);
  Race* race = runner->race;
  pin(runner->number);
  __atomic_fetch_add(&race->waiting, 1, __ATOMIC_RELAXED);
  // Pairs with the release below; sleeping threads would start late.
  while (__atomic_load_n(&race->go, __ATOMIC_ACQUIRE) == 0) {
  }
  runner->started = now();
  for (uint64_t i = 0; i < race->iterations; ++i) atomic_add(shared_line);
  runner->ended = now();
  return nullptr;
}

}  // namespace

void prepare() {
  static bool prepared = false;
  if (prepared) return;
  prepared = true;
  area::settle();
  vdso = vdso_getcpu();
  line_count = cpu::possible();
  void* memory = nullptr;
  if (posix_memalign(&memory, kLine, line_count * sizeof(Line)) != 0) abort();
  memset(memory, 0, line_count * sizeof(Line));
  lines = static_cast<Line*>(memory);
  if (!region::ready()) abort();
  region::Description wanted = {};
  wanted.kind = region::Kind::kCounter;
  wanted.cells = 1;
  const int32_t entry = region::make(region::kProcess, wanted);
  if (entry < 0) abort();
  counter_id = region::held(region::kProcess, static_cast<uint32_t>(entry))->id;
}

const Loop kLoops[] = {
    {"empty", loop<[] { __asm__ volatile(""); }>, nullptr},
    {"clockGettime", loop<[] { keep(now()); }>, nullptr},

    {"rseqRead", read_cpu_id, has_area},
    {"schedGetcpu", loop<[] { keep(cpu::sched_getcpu()); }>, nullptr},
    {"vdsoGetcpu", loop<[] { keep(by_vdso()); }>, has_vdso},
    {"getcpuSyscall", loop<[] {
       cpu::Location location;
       keep(cpu::getcpu(&location));
     }>,
     nullptr},
#if defined(__x86_64__)
    {"rdtscp", loop<[] { keep(rdtscp()); }>, has_rdtscp},
    {"rdpid", loop<[] { keep(rdpid()); }>, has_rdpid},
#endif

    {"rseqIncrement", rseq_increment, has_sections},
    {"counterAdd", loop<[] { counter::add(counter_id, INT64_C(1)); }>, has_sections},
    {"atomicPrivate", loop<[] { atomic_add(private_line); }>, nullptr},
    {"schedGetcpuAtomic", loop<[] { atomic_add(line_of(static_cast<uint32_t>(cpu::sched_getcpu()))); }>,
     nullptr},
    {"vdsoGetcpuAtomic", loop<[] { atomic_add(line_of(by_vdso())); }>, has_vdso},
    {"rseqAtomic", loop<[] { atomic_add(line_of(by_rseq())); }>, has_area},

    {nullptr, nullptr, nullptr},
};

int64_t time_shared(uint64_t iterations, uint32_t threads) {
  constexpr uint32_t kMost = 64;
  Runner runners[kMost];
  if (threads > kMost) return -1;
  Race race = {iterations, 0, 0};
  uint32_t count = 0;
  for (; count < threads; ++count) {
    runners[count].race = &race;
    runners[count].number = count;
    if (pthread_create(&runners[count].id, nullptr, run_shared, &runners[count]) != 0) break;
  }
  while (__atomic_load_n(&race.waiting, __ATOMIC_RELAXED) < count) sched_yield();
  __atomic_store_n(&race.go, 1, __ATOMIC_RELEASE);
  int64_t first = INT64_MAX;
  int64_t last = 0;
  for (uint32_t i = 0; i < count; ++i) {
    pthread_join(runners[i].id, nullptr);
    if (runners[i].started < first) first = runners[i].started;
    if (runners[i].ended > last) last = runners[i].ended;
  }
  return count == threads ? last - first : -1;
}

void pin(uint32_t number) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  uint32_t cpus[CPU_SETSIZE];
  uint32_t count = 0;
  for (uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) cpus[count++] = cpu;
  }
  if (count == 0) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpus[number % count], &one);
  sched_setaffinity(0, sizeof one, &one);
}

int64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

void hypervisor(char* out) {
  memset(out, 0, 13);
#if defined(__x86_64__)
  unsigned eax, ebx, ecx, edx;
  __cpuid(1, eax, ebx, ecx, edx);
  if ((ecx & (1U << 31)) == 0) return;
  __cpuid(0x40000000, eax, ebx, ecx, edx);
  memcpy(out, &ebx, 4);
  memcpy(out + 4, &ecx, 4);
  memcpy(out + 8, &edx, 4);
#endif
}

}  // namespace bench
