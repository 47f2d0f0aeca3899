/// What a region's memory looks like: the one format of all backings, version 1.
///
/// A region that is shared can be damaged or hostile. So nothing here is a pointer, every place follows from
/// the five Sizes alone, which are checked once and then kept in memory of this process's own, and numbers
/// that change (links, hints, entries) are held against the Sizes whenever they are used.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace rseq::region {

inline constexpr uint64_t kMagic = 0x0a6e6f6967657211;  // "\x11region\n" in the file
inline constexpr uint32_t kVersion = 1;

/// The largest page of any architecture: parts that are mapped by themselves begin and end on such a border.
inline constexpr uint64_t kPage = 65536;
inline constexpr uint32_t kCellsPerPage = kPage / sizeof(int64_t);
inline constexpr uint32_t kTextUnit = 64;  ///< bytes

/// The most CPUs that a kernel can be built for (CONFIG_NR_CPUS).
inline constexpr uint32_t kMaxStripes = 8192;
inline constexpr uint32_t kMaxCells = 1U << 24;
inline constexpr uint32_t kMaxEntries = 1U << 22;
inline constexpr uint32_t kMaxProcesses = 1024;

inline constexpr size_t kMaxName = 240;  ///< bytes of UTF-8
/// Bytes of any other text of an entry.
inline constexpr size_t kMaxText = 32768;

/// How much there is of everything. Constant for a region's life.
struct Sizes {
  uint32_t stripes;     ///< possible CPUs; the overflow and the baseline stripe come on top
  uint32_t cells;       ///< of 8 bytes, in each stripe; a multiple of kCellsPerPage
  uint32_t entries;     ///< a power of two; as many buckets
  uint32_t text_units;  ///< a multiple of 64
  uint32_t processes;   ///< that can be attached at a time

  bool valid() const {
    return stripes != 0 && stripes <= kMaxStripes && cells != 0 && cells <= kMaxCells &&
           cells % kCellsPerPage == 0 && entries >= 64 && entries <= kMaxEntries &&
           (entries & (entries - 1)) == 0 && text_units >= 64 && text_units <= 4 * kMaxEntries &&
           text_units % 64 == 0 && processes != 0 && processes <= kMaxProcesses;
  }
};

/// The first bytes of a region.
struct Header {
  uint64_t magic;
  uint32_t version;
  Sizes sizes;
  uint64_t nonce;     ///< random: tells this region from every other
  uint32_t checksum;  ///< of all above

  // What changes, under the directory's lock.
  uint32_t dirty;         ///< somebody changes the directory, or died at it: see repair() in directory.h
  uint32_t entry_high;    ///< entries above were never used
  uint32_t process_high;  ///< … slots of processes
  uint32_t entry_hint;    ///< no entry below is free
  uint32_t cell_hint;
  uint32_t text_hint;
  uint32_t entries_used;
  uint32_t cells_used;

  /// Pages that a write of some process had no room for, see fault.h. Changes without the lock, and is 0 in
  /// files that were made before it was there.
  uint32_t lost_writes;
};

/// A process that is, or was, attached. It is alive while it holds the lock of this slot (lock.h).
struct Process {
  uint32_t pid;          ///< in its own PID namespace; 0: the slot was never used
  uint32_t incarnation;  ///< one more for each process that had the slot: see owners.h
  uint64_t start_time;   ///< field 22 of /proc/PID/stat, clock ticks since boot
  uint64_t pid_namespace;
  uint64_t reserved_too;
};

/// The calling process. Source: proc_pid_stat(5), namespaces(7).
Process this_process();

enum class Kind : uint8_t { kNone, kCounter, kSum, kHistogram, kGauge, kPool, kRing };
inline constexpr uint8_t kKinds = 7;

/// What an entry is in. Stored last and alone: it decides what a process finds that died half way.
enum State : uint32_t {
  kFree,
  kLive,
  kRemoving,  ///< nobody holds it; its cells are being set to zero
};

/// The texts of an entry, one behind the other in the text heap.
enum Text : uint8_t { kName, kLabels, kHelp, kUnit, kExtra };
inline constexpr uint32_t kTexts = 5;

/// A named or nameless run of cells. The entry's number and generation tell it from all others, ever.
struct Entry {
  uint32_t state;
  uint32_t generation;  ///< one more for each owner
  uint32_t hash;        ///< of name and labels
  uint32_t next;        ///< in its bucket's chain: entry + 1, or 0
  uint32_t cell;        ///< the first one
  uint32_t cells;
  uint32_t text;  ///< the first unit
  uint16_t lengths[kTexts];
  Kind kind;
  uint8_t by_mm_cid;
  uint32_t shape;  ///< the kind's own
  uint32_t reserved[5];
};

static_assert(sizeof(Process) == 32);
static_assert(sizeof(Entry) == 64);

/// Where everything is, in bytes from the beginning. Up to `stripes` it is the control part.
struct Layout {
  uint64_t processes, buckets, entries, entry_map, cell_map, text_map, holds, texts;
  uint64_t stripes;
  uint64_t stripe_bytes;
  uint64_t total;

  explicit Layout(const Sizes& sizes) {
    uint64_t at = 4096;
    const auto part = [&at](uint64_t bytes) {
      const uint64_t begin = at;
      at += (bytes + 4095) / 4096 * 4096;
      return begin;
    };
    processes = part(uint64_t{sizes.processes} * sizeof(Process));
    buckets = part(uint64_t{sizes.entries} * sizeof(uint32_t));
    entries = part(uint64_t{sizes.entries} * sizeof(Entry));
    entry_map = part(sizes.entries / 8);
    cell_map = part(sizes.cells / 8);
    text_map = part(sizes.text_units / 8);
    holds = part(uint64_t{sizes.processes} * hold_words(sizes) * sizeof(uint64_t));
    texts = part(uint64_t{sizes.text_units} * kTextUnit);
    stripes = (at + kPage - 1) / kPage * kPage;
    stripe_bytes = uint64_t{sizes.cells} * sizeof(int64_t);
    total = stripes + stripe_bytes * (sizes.stripes + 2);
  }

  /// Words of one process's bitmap of the entries that it holds.
  static uint32_t hold_words(const Sizes& sizes) { return sizes.entries / 64; }
};

/// FNV-1a, to be continued.
inline uint32_t hash_bytes(const void* bytes, size_t length, uint32_t hash = 2166136261U) {
  const auto* at = static_cast<const uint8_t*>(bytes);
  for (size_t i = 0; i < length; ++i) hash = (hash ^ at[i]) * 16777619U;
  return hash;
}

/// Of what is constant.
inline uint32_t checksum(const Header& header) {
  uint32_t hash = hash_bytes(&header.magic, sizeof header.magic);
  hash = hash_bytes(&header.version, sizeof header.version, hash);
  hash = hash_bytes(&header.sizes, sizeof header.sizes, hash);
  return hash_bytes(&header.nonce, sizeof header.nonce, hash);
}

}  // namespace rseq::region
