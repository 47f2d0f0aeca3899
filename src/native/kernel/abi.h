/// The kernel's restartable-sequences ABI, as constants of our own: what the headers of an old
/// distribution do not have, and what no later kernel may change.
/// Source: include/uapi/linux/rseq.h, include/uapi/linux/membarrier.h, rseq(2).
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace rseq::abi {

/// The part of `struct rseq` that every kernel since 4.18 has, and the fields added since. Only the first
/// `feature size` bytes of it mean anything on a given kernel: never take the size from this type.
/// The kernel writes it behind the compiler's back; read through load(), never through a plain access.
struct Area {
  uint32_t cpu_id_start;
  uint32_t cpu_id;   ///< negative as a signed number where the thread is not registered
  uint64_t rseq_cs;  ///< address of the running critical section's descriptor, or 0
  uint32_t flags;
  uint32_t node_id;     ///< Linux 6.3
  uint32_t mm_cid;      ///< Linux 6.3
  uint32_t slice_ctrl;  ///< Linux 7.0
};

static_assert(offsetof(Area, cpu_id) == 4);
static_assert(offsetof(Area, rseq_cs) == 8);
static_assert(offsetof(Area, node_id) == 20);
static_assert(offsetof(Area, mm_cid) == 24);
static_assert(sizeof(Area) == 32);

/// Feature sizes: a field is live where the area's feature size reaches its end.
inline constexpr uint32_t kSizeBase = 20;    ///< cpu_id_start, cpu_id, rseq_cs, flags
inline constexpr uint32_t kSizeNodeId = 24;  ///< … and node_id
inline constexpr uint32_t kSizeMmCid = 28;   ///< … and mm_cid
/// The one registration length that every kernel accepts, and its alignment.
inline constexpr uint32_t kLegacyLength = 32;

/// struct rseq_cs, and its alignment.
inline constexpr uint32_t kDescriptorSize = 32;

/// cpu_id of an area that is not registered (RSEQ_CPU_ID_UNINITIALIZED).
inline constexpr uint32_t kUnregistered = ~UINT32_C(0);

/// The word before every abort handler, given to the kernel at registration. glibc's and librseq's value,
/// so that sections of several libraries can share a thread's one registration.
#if defined(__x86_64__)
inline constexpr uint32_t kSignature = 0x53053053;
#elif defined(__aarch64__)
inline constexpr uint32_t kSignature = 0xd428bc00;
#else
inline constexpr uint32_t kSignature = 0;
#endif

inline constexpr int kUnregisterFlag = 1;  ///< RSEQ_FLAG_UNREGISTER

inline constexpr unsigned long kAuxFeatureSize = 27;  ///< AT_RSEQ_FEATURE_SIZE, Linux 6.3
inline constexpr unsigned long kAuxAlign = 28;        ///< AT_RSEQ_ALIGN, Linux 6.3

#if defined(__x86_64__)
inline constexpr long kSysRseq = 334;
inline constexpr long kSysGetcpu = 309;
inline constexpr long kSysMembarrier = 324;
#else
inline constexpr long kSysRseq = 293;
inline constexpr long kSysGetcpu = 168;
inline constexpr long kSysMembarrier = 283;
#endif

inline constexpr int kMembarrierQuery = 0;
inline constexpr int kMembarrierRseq = 128;  ///< MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, Linux 5.10
inline constexpr int kPrctlSlice = 79;       ///< PR_RSEQ_SLICE_EXTENSION, Linux 7.0
inline constexpr int kPrctlSliceGet = 1;

/// One read of a field that the kernel or another thread writes; no ordering.
inline uint32_t load(const uint32_t* field) { return __atomic_load_n(field, __ATOMIC_RELAXED); }

/// This thread's thread pointer: what libc's `__rseq_offset` is relative to.
inline char* thread_pointer() {
#if defined(__x86_64__)
  char* tp;
  __asm__("movq %%fs:0, %0" : "=r"(tp));  // the x86-64 psABI keeps the thread pointer there
  return tp;
#else
  return static_cast<char*>(__builtin_thread_pointer());
#endif
}

}  // namespace rseq::abi
