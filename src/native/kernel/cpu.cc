#include "kernel/cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <charconv>

#include "kernel/abi.h"

namespace rseq::cpu {
namespace {

/// CPU masks of up to 65,536 CPUs; the largest Linux configuration has 8,192.
constexpr size_t kMaskWords = 1024;

/// The kernel's list format, "0-3,8,10-11\n": how many CPUs, and the highest of them.
struct CpuList {
  uint32_t count = 0;
  uint32_t highest = 0;
};

CpuList parse(const char* text, const char* end) {
  CpuList list;
  uint32_t first = 0;
  for (;;) {
    const auto [behind, error] = std::from_chars(text, end, first);
    if (error != std::errc()) return list;
    uint32_t last = first;
    text = behind;
    if (text < end && *text == '-') text = std::from_chars(text + 1, end, last).ptr;
    list.count += last - first + 1;
    list.highest = last;
    if (text < end && *text == ',') ++text;
  }
}

/// @return an empty list where the file cannot be read
CpuList read_list(const char* path) {
  char text[4096];
  size_t length = 0;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  while (length < sizeof text) {
    const ssize_t got = read(fd, text + length, sizeof text - length);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    length += static_cast<size_t>(got);
  }
  close(fd);
  return parse(text, text + length);
}

/// @return bytes of mask that the kernel has, or 0
size_t affinity(unsigned long (&mask)[kMaskWords]) {
  const long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
  return bytes > 0 ? static_cast<size_t>(bytes) : 0;
}

}  // namespace

int getcpu(Location* out) {
  return syscall(abi::kSysGetcpu, &out->cpu, &out->node, nullptr) == 0 ? 0 : errno;
}

int sched_getcpu() { return ::sched_getcpu(); }

Source fallback_source() {
  Location unused;
#if defined(__x86_64__)
  if (getauxval(AT_SYSINFO_EHDR) != 0) return Source::kVdso;
#endif
  return getcpu(&unused) == 0 ? Source::kSyscall : Source::kNone;
}

uint32_t possible() {
  static uint32_t known = 0;  // racing threads store the same value
  uint32_t count = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (count == 0) {
    const CpuList list = read_list("/sys/devices/system/cpu/possible");
    unsigned long mask[kMaskWords];
    count = list.count != 0 ? list.highest + 1 : static_cast<uint32_t>(affinity(mask) * 8);
    if (count == 0) count = 1;
    __atomic_store_n(&known, count, __ATOMIC_RELAXED);
  }
  return count;
}

uint32_t online() { return read_list("/sys/devices/system/cpu/online").count; }

uint32_t allowed() {
  unsigned long mask[kMaskWords];
  const size_t words = affinity(mask) / sizeof(unsigned long);
  uint32_t count = 0;
  for (size_t i = 0; i < words; ++i) count += static_cast<uint32_t>(std::popcount(mask[i]));
  return count;
}

int stay_on(uint32_t cpu) {
  constexpr uint32_t kBits = 8 * sizeof(unsigned long);
  unsigned long mask[kMaskWords] = {};
  if (cpu >= kBits * kMaskWords) return EINVAL;
  mask[cpu / kBits] = 1UL << (cpu % kBits);
  // The raw system call: libc has several versions of the function.
  return syscall(SYS_sched_setaffinity, 0, sizeof mask, mask) == 0 ? 0 : errno;
}

}  // namespace rseq::cpu
