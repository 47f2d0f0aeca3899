/*
 * LD_PRELOAD: a library that uses rseq itself, as some allocators and tracers do: it registers each thread at
 * its start, before anybody else does, and uses its area from then on at every allocation. By environment
 * variables:
 *
 *   OWNER_POINTER=1  writes over cpu_id_start, for a cache of its own, as an allocator is known to
 *   OWNER_LEAVES=1   unregisters a thread where that calls sched_yield()
 *
 * Built with OWNER_SHARES it shows its area as `__rseq_abi`, as libraries did before glibc had the
 * registration.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define SYS_RSEQ 334
#define SIGNATURE 0x53053053
#define SIGNED ".byte 0x0f, 0xb9, 0x3d\n.long 0x53053053\n"
#define BASE_VERSION "GLIBC_2.2.5"
#else
#define SYS_RSEQ 293
#define SIGNATURE 0xd428bc00
#define SIGNED ".inst 0xd428bc00\n"
#define BASE_VERSION "GLIBC_2.17"
#endif

struct area {
  uint32_t cpu_id_start, cpu_id;
  uint64_t rseq_cs;
  uint32_t rest[4];
} __attribute__((aligned(32)));

#ifdef OWNER_SHARES
#define AREA __rseq_abi
__attribute__((visibility("default")))
#else
#define AREA area
static
#endif
__thread struct area AREA __attribute__((tls_model("initial-exec")));

static __thread int registered __attribute__((tls_model("initial-exec")));

/* A section of its own, which nobody is ever in: what it leaves behind in rseq_cs is its address. */
struct section {
  uint32_t version, flags;
  uint64_t start, length, abort;
} __attribute__((aligned(32)));
extern const char owner_start[], owner_abort[] __attribute__((visibility("hidden")));
static struct section section = {.length = 1};
__asm__(".text\n.hidden owner_start\n.globl owner_start\nowner_start:\nnop\n" SIGNED
        ".hidden owner_abort\n.globl owner_abort\nowner_abort:\nnop\n");

static void begin(void) {
  section.start = (uint64_t)(uintptr_t)owner_start;
  section.abort = (uint64_t)(uintptr_t)owner_abort;
  AREA.cpu_id = (uint32_t)-1;
  registered = syscall(SYS_RSEQ, &AREA, 32, 0, SIGNATURE) == 0;
}

static void end(void) {
  if (!registered) return;
  registered = 0;
  AREA.rseq_cs = 0;
  if (syscall(SYS_RSEQ, &AREA, 32, 1, SIGNATURE) != 0) abort();
}

static int pointer(void) {
  static int known = -1;
  if (known < 0) known = getenv("OWNER_POINTER") != NULL;
  return known;
}

extern void* __libc_malloc(size_t);
void* malloc(size_t size) {
  void* memory = __libc_malloc(size);
  if (registered) {
    AREA.rseq_cs = (uint64_t)(uintptr_t)&section;
    if (pointer()) AREA.cpu_id_start = (uint32_t)(uintptr_t)memory | UINT32_C(0x80000000);
  }
  return memory;
}

int sched_yield(void) {
  if (getenv("OWNER_LEAVES") != NULL) end();
  return (int)syscall(SYS_sched_yield);
}

struct start {
  void* (*function)(void*);
  void* argument;
};

static void* run(void* given) {
  const struct start start = *(struct start*)given;
  free(given);
  begin();
  void* result = start.function(start.argument);
  end();
  return result;
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*function)(void*),
                   void* argument) {
  static int (*real)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  if (real == NULL) real = dlvsym(RTLD_NEXT, "pthread_create", "GLIBC_2.34");
  if (real == NULL) real = dlvsym(RTLD_NEXT, "pthread_create", BASE_VERSION);
  struct start* start = malloc(sizeof *start);
  if (start == NULL) return EAGAIN;
  *start = (struct start){function, argument};
  return real(thread, attributes, run, start);
}

__attribute__((constructor)) static void prepare(void) { begin(); }
