#include "region/region.h"

#include <errno.h>
#include <sys/mman.h>

#include <bit>

#include "region/extents.h"
#include "region/fault.h"
#include "region/table.h"

namespace rseq::region {
namespace {

/// Entries for each so many cells, and text for each entry.
constexpr uint32_t kCellsPerEntry = 4;
constexpr uint32_t kTextUnitsPerEntry = 2;

Sizes sizes_for(uint32_t wanted, uint32_t processes) {
  const uint32_t most = wanted < kMaxCells ? wanted : kMaxCells;
  const uint32_t cells = (most + kCellsPerPage - 1) / kCellsPerPage * kCellsPerPage;
  const uint32_t entries = std::bit_ceil(cells / kCellsPerEntry);
  return {
      .stripes = arena::stripes.count,
      .cells = cells,
      .entries = entries,
      .text_units = entries * kTextUnitsPerEntry,
      .processes = processes,
  };
}

size_t held_bytes(const Region& region) { return size_t{region.directory.sizes.entries} * sizeof(Held); }

void detach(Region& region) {
  __atomic_store_n(&region.active, 0, __ATOMIC_RELEASE);
  const auto number = static_cast<uint32_t>(&region - regions);
  // There is no next change: what it does not let go of now waits until its place is taken.
  let_go_of_waiting(region, kShortPatience);
  fault::forget(number);
  if (region.held != nullptr) munmap(region.held, held_bytes(region));
  region.held = nullptr;
  region.waiting = 0;
  region.room.close();
  if (region.first != kNoId) arena::give_back(region.first, region.memory.sizes.cells);
  backing::release(region.memory);
}

/// Puts cells where this process can reach them.
int32_t map_cells(Region& region) {
  Directory& directory = region.directory;
  const backing::Memory& memory = region.memory;
  const Layout layout(memory.sizes);
  if (region.read_only) {
    directory.cells = memory.control + layout.stripes;
    directory.stride = layout.stripe_bytes;
    return 0;
  }
  // A thread on a CPU beyond the region's would write to a stripe of another meaning.
  if (memory.sizes.stripes != arena::stripes.count) return kCpus;
  const int64_t first = arena::take(memory.sizes.cells);
  if (first < 0) return kNoMemory;
  region.first = static_cast<uint32_t>(first);
  if (!arena::map(region.first, memory.sizes.cells, memory.fd, layout.stripes, layout.stripe_bytes)) {
    return kNoMemory;
  }
  directory.cells = arena::stripes.cell<char>(0, 0) + size_t{region.first} * sizeof(int64_t);
  directory.stride = size_t{1} << arena::stripes.shift;
  return 0;
}

int32_t enter(Region& region, const backing::Memory& memory, bool read_only, const char* path) {
  region.memory = memory;
  region.first = kNoId;
  region.read_only = read_only;
  Directory& directory = region.directory;
  directory.fd = memory.fd;
  directory.is_sparse = memory.fd >= 0 && holes::asks_for_holes(memory.fd, read_only);
  directory.set(memory.sizes, memory.control);
  const bool has_room = memory.fd >= 0 && !read_only && region.room.open(memory.fd, memory.sizes);
  directory.room = has_room ? &region.room : nullptr;
  if (const int32_t failed = map_cells(region); failed != 0) return failed;
  void* held = mmap(nullptr, held_bytes(region), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (held == MAP_FAILED) return kNoMemory;
  // One entry of a few is to cost a page, not a huge one.
  madvise(held, held_bytes(region), MADV_NOHUGEPAGE);
  region.held = static_cast<Held*>(held);
  if (memory.fd >= 0) {
    const Layout layout(memory.sizes);
    fault::watch(static_cast<uint32_t>(&region - regions),
                 {.control = memory.control,
                  .control_bytes = memory.control_bytes,
                  .first = region.first,
                  .cells = read_only ? 0 : memory.sizes.cells,
                  .fd = memory.fd,
                  .bytes = layout.total,
                  .stripes = layout.stripes,
                  .stripe_bytes = layout.stripe_bytes,
                  .losses = read_only ? nullptr : &directory.header->lost_writes});
  }
  directory.process = kMaxProcesses;  // nobody's, until it joins
  if (!read_only) {
    if (const int32_t failed = directory.join(path); failed != 0) return failed;
  }
  __atomic_store_n(&region.active, 1, __ATOMIC_RELEASE);
  return 0;
}

void opened_by_this_thread(uint32_t number) {
  ++regions[number].opened;
  ++mine[number].opened;
}

/// A region whose memory is there, and its number: the process's own is the first one.
/// @param memory  let go of where this process has that region already
/// @param path  that it was opened by; kAbsent where it does not lead there any more. Null: it may lead anywhere
int32_t add(const backing::Memory& memory, bool read_only, const char* path = nullptr) {
  int32_t free_one = -1;
  for (uint32_t i = 0; i < kMaxRegions; ++i) {
    const Region& region = regions[i];
    if (region.active == 0) {
      if (free_one < 0) free_one = static_cast<int32_t>(i);
      continue;
    }
    const bool same = region.memory.inode == memory.inode && region.memory.device == memory.device &&
                      region.memory.nonce == memory.nonce;
    if (!same || region.read_only != read_only) continue;
    // Another open file description of it: its end takes no lock from the first one.
    backing::release(memory);
    opened_by_this_thread(i);
    return static_cast<int32_t>(i);
  }
  if (free_one < 0) {
    backing::release(memory);
    return kTooMany;
  }
  Region& region = regions[free_one];
  if (const int32_t failed = enter(region, memory, read_only, path); failed != 0) {
    detach(region);
    return failed;
  }
  opened_by_this_thread(static_cast<uint32_t>(free_one));
  return free_one;
}

/// Opens what a path leads to, and joins those who have it.
template <typename Open>
int32_t add_by_path(const char* path, const Open& open) {
  // Somebody may remove or replace the file in between: a few times, not for ever.
  constexpr int kTries = 8;
  for (int i = 0; i < kTries; ++i) {
    backing::Memory memory;
    if (const int32_t failed = open(&memory); failed != 0) return failed;
    if (const int32_t added = add(memory, false, path); added != kAbsent) return added;
  }
  errno = EAGAIN;
  return kBusy;
}

/// With the table's lock.
bool ready_locked() {
  if (regions[kProcess].active != 0) return true;
  if (!arena::ready()) return false;
  backing::Memory memory;
  const Sizes sizes = sizes_for(arena::default_cells(false), 1);
  return backing::create_private(sizes, &memory) == 0 && add(memory, false) == kProcess;
}

}  // namespace

pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
Region regions[kMaxRegions];

void close_locked(uint32_t number, uint32_t times) {
  Region& region = regions[number];
  mine[number].opened -= times;
  region.opened -= times;
  if (mine[number].opened == 0) step_down_locked(number, ~UINT32_C(0));
  if (region.opened == 0 && region.entries_held == 0 && number != kProcess) detach(region);
}

bool ready() {
  if (active(kProcess) != nullptr) return true;
  const Guard guard(table);
  return ready_locked();
}

int32_t create_file(const char* path, uint32_t cells) {
  const Guard guard(table);
  if (!ready_locked()) return kNoMemory;
  const Sizes sizes = sizes_for(cells != 0 ? cells : arena::default_cells(true), kMaxProcesses);
  if (!arena::fits(sizes.cells)) return kNoMemory;
  return add_by_path(path, [&](backing::Memory* out) { return backing::create_file(path, sizes, out); });
}

int32_t create_memfd(uint32_t cells) {
  const Guard guard(table);
  if (!ready_locked()) return kNoMemory;
  backing::Memory memory;
  const Sizes sizes = sizes_for(cells != 0 ? cells : arena::default_cells(true), kMaxProcesses);
  if (!arena::fits(sizes.cells)) return kNoMemory;
  const int32_t failed = backing::create_memfd(sizes, &memory);
  return failed != 0 ? failed : add(memory, false);
}

int32_t attach(const char* path, bool read_only) {
  const Guard guard(table);
  if (!ready_locked()) return kNoMemory;
  if (!read_only)
    return add_by_path(path, [&](backing::Memory* out) { return backing::attach(path, false, out); });
  backing::Memory memory;
  const int32_t failed = backing::attach(path, true, &memory);
  return failed != 0 ? failed : add(memory, true);
}

int32_t find(uint64_t nonce, uint64_t inode) {
  const Guard guard(table);
  if (!ready_locked()) return kNoMemory;
  // One that can be written to goes first.
  for (int read_only = 0; read_only < 2; ++read_only) {
    for (uint32_t i = 0; i < kMaxRegions; ++i) {
      const Region& region = regions[i];
      if (region.active == 0 || region.read_only != (read_only != 0)) continue;
      // A file and a copy of it have the same nonce.
      if (region.memory.nonce != nonce || region.memory.inode != inode) continue;
      opened_by_this_thread(i);
      return static_cast<int32_t>(i);
    }
  }
  return kAbsent;
}

int32_t close(uint32_t region) {
  const Guard guard(table);
  if (active(region) == nullptr || mine[region].opened == 0) return kClosed;
  close_locked(region, 1);
  return 0;
}

int32_t check(uint32_t region) {
  const Region* found = active(region);
  if (found == nullptr) return kClosed;
  // Cut short and made long again, it is all zero. Looked at first: the look itself may find out that it is
  // lost.
  fault::heal(region);
  const bool whole = found->directory.header->magic == kMagic;
  if (fault::is_lost(region)) return kLost;
  return whole ? 0 : kDamaged;
}

bool info(uint32_t region, Info* out) {
  const Region* found = active(region);
  if (found == nullptr) return false;
  const Directory& directory = found->directory;
  *out = {
      .directory = &directory,
      .nonce = found->memory.nonce,
      .inode = found->memory.inode,
      .bytes = Layout(directory.sizes).total,
      .cells_used = __atomic_load_n(&directory.header->cells_used, __ATOMIC_RELAXED),
      .entries_used = __atomic_load_n(&directory.header->entries_used, __ATOMIC_RELAXED),
      .lost_writes = __atomic_load_n(&directory.header->lost_writes, __ATOMIC_RELAXED),
      .read_only = found->read_only,
      .shared = found->memory.fd >= 0,
  };
  return true;
}

const Directory& directory_of(uint32_t region) { return regions[region].directory; }

int descriptor(uint32_t region) {
  const Region* found = active(region);
  return found == nullptr ? -1 : found->memory.fd;
}

}  // namespace rseq::region
