/// What region.cc and entries.cc share: the table of this process's regions, and what each thread has open.
#pragma once

#include <pthread.h>

#include "region/region.h"

namespace rseq::region {

struct Region {
  Held* held;             ///< one for each entry
  pthread_mutex_t mutex;  ///< for the directory, within this process; all zero is an open one
  backing::Memory memory;
  Directory directory;
  Room room;
  uint32_t active;
  uint32_t opened;  ///< by all threads together
  uint32_t entries_held;
  uint32_t waiting;  ///< entries that wait, see Held
  uint32_t roles;    ///< that this process plays, a bit for each
  uint32_t first;    ///< of the cells in the arena; kNoId: they are not there
  bool read_only;
};

/// What one thread has open in a region.
struct Mine {
  uint32_t opened;
  uint32_t entries;  ///< openings, together
  uint32_t roles;
  uint32_t size;
  uint32_t* counts;  ///< of openings, for each entry below size
};

#pragma GCC visibility push(hidden)
/// Which regions there are. Taken before a region's own mutex.
extern pthread_mutex_t table;
extern Region regions[kMaxRegions];
extern constinit thread_local Mine mine[kMaxRegions];
#pragma GCC visibility pop

/// Holds a mutex as long as it lives.
class Guard {
 public:
  explicit Guard(pthread_mutex_t& mutex) : mutex_(mutex) { pthread_mutex_lock(&mutex_); }
  ~Guard() { pthread_mutex_unlock(&mutex_); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  pthread_mutex_t& mutex_;
};

/// What the calling thread has open stays until it closes it, whatever others do; what it has not, others may
/// close at any moment.
/// @return null where this thread has nothing open in such a region; the process's own is there for all
inline Region* active(uint32_t number) {
  if (number >= kMaxRegions) return nullptr;
  Region& region = regions[number];
  const bool there = number == kProcess ? __atomic_load_n(&region.active, __ATOMIC_ACQUIRE) != 0
                                        : (mine[number].opened | mine[number].entries) != 0;
  return there ? &region : nullptr;
}

/// This process lets go of all that had to wait for the lock, if that can be had.
/// @param milliseconds  to wait for it; 0: one try
void let_go_of_waiting(Region& region, uint32_t milliseconds);

/// The calling thread plays no role in the region any more. With the table's lock.
void step_down_locked(uint32_t number, uint32_t roles);

/// Ends `times` openings by this thread, and detaches where nobody needs the region any more. With the
/// table's lock.
void close_locked(uint32_t number, uint32_t times);

}  // namespace rseq::region
