/// Races between what changes a region and what reads it, or between who passes slots on: as many rounds as
/// are asked for, on two threads or more.
#pragma once

#include <stdint.h>

#include <utility>
#include <vector>

namespace structures {

/// What a race came to, for its line.
struct Figures {
  uint64_t rounds;
  uint64_t wrong;
  /// What else there is to say, by name: that something was met at all.
  std::vector<std::pair<const char*, uint64_t>> more;
};

/// An object is removed and made again, drained each time. A round is a survey, or a read by who only looks
/// on.
Figures race_removing(uint64_t rounds, uint32_t seed);
/// Neighbours of a name change their chain, and the directory is repaired. A round is a look by who only
/// looks on.
Figures race_looking(uint64_t rounds, uint32_t seed);
/// Threads pass slots on and end, beside others that reclaim, acquire and release, alone and in lists. A
/// round is one of a thread's.
Figures race_passing(uint64_t rounds, uint32_t seed);

/// Runs them one after the other, and prints their figures as JSON. @return exit status
int run_protocols(uint64_t rounds, uint32_t seed);

}  // namespace structures
