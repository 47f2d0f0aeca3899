#include "thread/area_pool.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/kernel.h"

namespace rseq::area_pool {
namespace {

constexpr size_t kChunk = size_t{64} * 1024;
/// Two threads' areas share no cache line, nor a pair of them that is fetched together.
constexpr size_t kMinimumSlot = 128;

/// A free slot's first bytes.
struct Free {
  Free* next;
};

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
Free* free_list = nullptr;
char* fresh = nullptr;
char* fresh_end = nullptr;
Count counts = {};

size_t slot_size() {
  size_t slot = kMinimumSlot;  // a power of two, so every slot is aligned to its size
  while (slot < kernel::feature_size() || slot < kernel::align()) slot *= 2;
  return slot;
}

/// Call with the lock held.
void* take_slot(size_t size) {
  if (free_list != nullptr) {
    Free* slot = free_list;
    free_list = slot->next;
    return slot;
  }
  if (fresh == fresh_end) {
    if (size > kChunk) return nullptr;
    void* chunk = mmap(nullptr, kChunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunk == MAP_FAILED) return nullptr;
    fresh = static_cast<char*>(chunk);
    fresh_end = fresh + kChunk;
  }
  void* slot = fresh;
  fresh += size;
  ++counts.allocated;
  return slot;
}

}  // namespace

abi::Area* take() {
  pthread_mutex_lock(&lock);
  void* slot = take_slot(slot_size());
  if (slot != nullptr) ++counts.in_use;
  pthread_mutex_unlock(&lock);
  return static_cast<abi::Area*>(slot);
}

void clear(abi::Area* area) {
  memset(area, 0, slot_size());
  area->cpu_id = abi::kUnregistered;
}

void give_back(abi::Area* area) {
  auto* slot = reinterpret_cast<Free*>(area);
  pthread_mutex_lock(&lock);
  slot->next = free_list;
  free_list = slot;
  --counts.in_use;
  pthread_mutex_unlock(&lock);
}

Count count() {
  pthread_mutex_lock(&lock);
  const Count now = counts;
  pthread_mutex_unlock(&lock);
  return now;
}

}  // namespace rseq::area_pool
