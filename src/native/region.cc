#include "region.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "cpu.h"

namespace rseq::region {
namespace {

/// What a cell is. Written by the thread that took the cell, before the cell's number is published.
struct Entry {
  Kind kind;
  bool by_mm_cid;
  uint16_t length;
  uint32_t hash;
  char name[kMaxName];
};

/// Twice the cells: a probe always meets an empty bucket.
constexpr uint32_t kBuckets = 2 * kCells;

struct Directory {
  uint32_t used;               ///< cells handed out
  uint32_t buckets[kBuckets];  ///< hash table with linear probing: cell + 1, or 0
  Entry entries[kCells];
};

Directory* directory = nullptr;
uint64_t identity = 0;
pthread_once_t once = PTHREAD_ONCE_INIT;

/// A cell that this thread took and then lost the race for its name: the next one it hands out.
constinit thread_local int32_t spare = kFull;

void* map(size_t bytes) {
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;  // zeroed, and paid for when touched
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kFlags, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

void initialise() {
  const uint32_t cpus = cpu::possible();
  void* cells = map((cpus + 1) * kStripeBytes);
  void* names = map(sizeof(Directory));
  if (cells == nullptr || names == nullptr) {
    if (cells != nullptr) munmap(cells, (cpus + 1) * kStripeBytes);
    if (names != nullptr) munmap(names, sizeof(Directory));
    return;
  }
  // Before the kernel's random pool is ready, the address of the mapping has to do.
  if (getrandom(&identity, sizeof identity, GRND_NONBLOCK) != sizeof identity) {
    identity = reinterpret_cast<uint64_t>(cells);
  }
  stripes = {.base = static_cast<char*>(cells), .count = cpus};
  directory = static_cast<Directory*>(names);
}

int32_t id_of(int32_t cell, Id tag) { return static_cast<int32_t>(static_cast<Id>(cell) << kIdShift | tag); }

/// FNV-1a.
uint32_t hash_of(const char* name, size_t length) {
  uint32_t hash = 2166136261U;
  for (size_t i = 0; i < length; ++i) hash = (hash ^ static_cast<uint8_t>(name[i])) * 16777619U;
  return hash;
}

/// @return the number of a cell that no other thread has, or kFull
int32_t take_cell() {
  if (spare >= 0) {
    const int32_t cell = spare;
    spare = kFull;
    return cell;
  }
  uint32_t used = __atomic_load_n(&directory->used, __ATOMIC_RELAXED);
  do {
    if (used == kCells) return kFull;
  } while (!__atomic_compare_exchange_n(&directory->used, &used, used + 1, true, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED));
  return static_cast<int32_t>(used);
}

/// @return the number of a cell described so, not yet published, or kFull
int32_t take_entry(Kind kind, Id tag, const char* name, size_t length, uint32_t hash) {
  const int32_t cell = take_cell();
  if (cell < 0) return cell;
  Entry& entry = directory->entries[cell];
  entry.by_mm_cid = tag != 0;
  entry.length = static_cast<uint16_t>(length);
  entry.hash = hash;
  if (length != 0) memcpy(entry.name, name, length);
  // Release: check() in another thread sees the entry whole. Pairs with its acquire.
  __atomic_store(&entry.kind, &kind, __ATOMIC_RELEASE);
  return cell;
}

}  // namespace

constinit Stripes stripes = {.base = nullptr, .count = 0};

bool ready() {
  pthread_once(&once, initialise);
  return directory != nullptr;
}

int32_t create(Kind kind, Id tag) {
  if (!ready()) return kNoMemory;
  const int32_t cell = take_entry(kind, tag, nullptr, 0, 0);
  return cell < 0 ? cell : id_of(cell, tag);
}

int32_t open(Kind kind, Id tag, const char* name, size_t length) {
  if (!ready()) return kNoMemory;
  const uint32_t hash = hash_of(name, length);
  int32_t mine = kFull;
  for (uint32_t i = hash % kBuckets;; i = (i + 1) % kBuckets) {
    uint32_t* bucket = &directory->buckets[i];
    // Acquire: the entry behind a published number is whole. Pairs with the exchange below.
    uint32_t found = __atomic_load_n(bucket, __ATOMIC_ACQUIRE);
    if (found == 0) {
      if (mine < 0) mine = take_entry(kind, tag, name, length, hash);
      if (mine < 0) return mine;
      if (__atomic_compare_exchange_n(bucket, &found, static_cast<uint32_t>(mine) + 1, false,
                                      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        return id_of(mine, tag);
      }
    }
    const Entry& entry = directory->entries[found - 1];
    if (entry.hash != hash || entry.length != length || memcmp(entry.name, name, length) != 0) continue;
    if (mine >= 0) spare = mine;  // another thread was first with this name
    if (entry.kind != kind || entry.by_mm_cid != (tag != 0)) return kOtherKind;
    return id_of(static_cast<int32_t>(found - 1), tag);
  }
}

int32_t check(Kind kind, Id id) {
  const Id number = id >> kIdShift;
  if (!ready() || number >= kCells || id != (number << kIdShift | (id & kByMmCid))) return kOtherKind;
  const Entry& entry = directory->entries[number];
  Kind published = Kind::kFree;
  __atomic_load(&entry.kind, &published, __ATOMIC_ACQUIRE);
  const bool same = published == kind && entry.by_mm_cid == ((id & kByMmCid) != 0);
  return same ? static_cast<int32_t>(id) : kOtherKind;
}

uint64_t nonce() { return ready() ? identity : 0; }

uint32_t used() { return ready() ? __atomic_load_n(&directory->used, __ATOMIC_RELAXED) : 0; }

}  // namespace rseq::region
