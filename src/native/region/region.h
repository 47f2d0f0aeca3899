/// The regions of this process: per-CPU memory, and what in it this process's threads have open.
///
/// Region 0 is the process's own. Others are shared, through a memfd or a file. In JavaScript's hands are two
/// numbers, a region's and an entry's; nothing is believed of them: whether this process holds that entry,
/// and where its cells are, stands in memory of this process alone.
///
/// Every function may be called by any thread.
#pragma once

#include "region/arena.h"
#include "region/backing.h"
#include "region/directory.h"

namespace rseq::region {

inline constexpr uint32_t kMaxRegions = 32;
inline constexpr uint32_t kMaxRoles = 32;
inline constexpr uint32_t kProcess = 0;  ///< this process's own region

/// Set in the number of a cell whose stripe is chosen by mm_cid. Above every limit: the hot path's one
/// comparison finds it, too.
inline constexpr uint32_t kByMmCid = 1U << 30;
/// What stands for a hot id where there is none: cells of a region that is only read.
inline constexpr uint32_t kNoId = ~UINT32_C(0);

/// An entry that this process holds. Its numbers were checked when it was opened; nobody else can change
/// them.
struct Held {
  uint32_t references;  ///< of all threads together
  uint32_t cell;        ///< in the region
  uint32_t cells;
  uint32_t generation;
  uint32_t id;  ///< what hot operations take: a number in the arena, of a histogram's shape, a pool or a ring
  uint32_t shape;  ///< of these: 1 + that number
  Kind kind;
  uint32_t form;  ///< its entry's shape: of a pool, how many slots it has
  bool waits;     ///< nobody's, but the lock could not be had to let go of it: the next change does

  /// A copy without `references`, which change while anything is held.
  Held constants() const {
    return {.references = 0,
            .cell = cell,
            .cells = cells,
            .generation = generation,
            .id = id,
            .shape = shape,
            .kind = kind,
            .form = form,
            .waits = false};
  }
  /// Of an entry that has no hot id yet.
  static Held of(const Entry& copied) {
    return {.references = 0,
            .cell = copied.cell,
            .cells = copied.cells,
            .generation = copied.generation,
            .id = kNoId,
            .shape = 0,
            .kind = copied.kind,
            .form = copied.shape,
            .waits = false};
  }
};

struct Info {
  const Directory* directory;
  uint64_t nonce;
  uint64_t inode;  ///< of the file, or 0
  uint64_t bytes;  ///< of the file, or of address space
  uint32_t cells_used;
  uint32_t entries_used;
  uint32_t lost_writes;  ///< pages that a write had no room for, of any process
  bool read_only;
  bool shared;
};

/// Makes the process's region on first use. @return false without memory
bool ready();

// --- regions ----------------------------------------------------------------------------------------------

/// @param cells  per stripe; 0: the usual number
/// @return the region's number, or a Result. The same file again is the same region. The calling thread
///         has it open once more: see close()
int32_t create_file(const char* path, uint32_t cells);
int32_t create_memfd(uint32_t cells);
int32_t attach(const char* path, bool read_only);
/// The region of that nonce and that file, if this process has it; opened once more.
int32_t find(uint64_t nonce, uint64_t inode);
/// Undoes one opening. The last one of all threads detaches the process, once nothing in the region is open.
int32_t close(uint32_t region);

/// Removes the file, if it is a region of this user's, of whatever format, that no living process has joined.
/// @return whether it did
bool sweep(const char* path);

/// @return 0, or why nothing can be done with the region: kClosed, kLost, kDamaged; never a full file system
int32_t check(uint32_t region);
/// Makes the calling thread the one that plays a role for the region, such as to export what all processes
/// count. It keeps the role until it steps down, closes the region, or ends; with its process at the latest.
/// @param role  0 … kMaxRoles − 1
/// @return 1: the calling thread plays it; 0: another one does, of any process; or a Result
int32_t lead(uint32_t region, uint32_t role);
int32_t step_down(uint32_t region, uint32_t role);

/// Valid until the region is closed.
bool info(uint32_t region, Info* out);
/// Of a region that the calling thread has open.
const Directory& directory_of(uint32_t region);
/// Descriptor of a shared region's file, or −1.
int descriptor(uint32_t region);

// --- entries ----------------------------------------------------------------------------------------------

/// Opens what has that name and those labels, for the calling thread.
/// @return the entry, or a Result; kAbsent where there is none
int32_t open(uint32_t region, Kind kind, bool by_mm_cid, const Bytes& name, const Bytes& labels);
/// The same, and makes it where there is none.
int32_t make(uint32_t region, const Description& wanted);
/// Opens an entry by its number and generation: what a handle says.
int32_t adopt(uint32_t region, Kind kind, bool by_mm_cid, uint32_t entry, uint32_t generation);
/// Undoes one opening by the calling thread.
int32_t release(uint32_t region, uint32_t entry);
/// Removes the gauges of the region that no living process holds and whose labels have that text.
/// @return how many, or a Result: kBusy where somebody has the lock, which is not waited for
int32_t remove_dead_gauges(uint32_t region, const Bytes& mark);
/// What the calling thread has open, it has not any more. Named entries stay. Waits for no lock of a
/// directory.
void end_thread();

/// @return null where the calling thread has not opened the entry, or this process only looks on and it was
///         removed. What is read of its cells is to be read by read().
const Held* held(uint32_t region, uint32_t entry);
/// What `work` makes of the entry, or `absent` where held() is null, before it or behind it. Who only looks
/// on can have read a next owner's cells, or what a removal has left.
/// @param work  of a copy: what is read must fit its memory, whatever becomes of the entry
template <typename Result, typename Work>
Result read(uint32_t region, uint32_t entry, Result absent, Work work) {
  const Held* found = held(region, entry);
  if (found == nullptr) return absent;
  const Result result = work(found->constants());
  return held(region, entry) != nullptr ? result : absent;
}
/// Cell `i` of a held entry in a stripe; the region's own stripes.count is the overflow stripe, the next the
/// baseline.
int64_t* cell_of(uint32_t region, const Held& held, uint32_t stripe, uint32_t i);
uint32_t stripes_of(uint32_t region);

}  // namespace rseq::region
