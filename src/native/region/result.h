/// What a function of a region answers where it has no entry, id or 0.
#pragma once

#include <stdint.h>

namespace rseq::region {

/// All negative. contract/backend.ts has them too.
enum Result : int32_t {
  kFull = -1,
  kNoMemory = -2,
  kOtherKind = -3,  ///< the name, or the handle's entry, is of another kind, index or shape
  kAbsent = -4,
  kSystem = -5,  ///< errno says more
  kNoRegion = -6,
  kOtherVersion = -7,
  kDamaged = -8,
  kOwner = -9,  ///< of another user, or others may open it
  kCpus = -10,  ///< made for another number of possible CPUs
  kBusy = -11,
  kTooMany = -12,  ///< regions, histograms, pools or rings of this process, or processes of the region
  kReadOnly = -13,
  kLost = -14,  ///< the file was cut short
  kLongName = -15,
  kClosed = -16,
  kConsumer = -19,  ///< another consumer drains the ring
  kNoRoom = -21,    ///< the file system is full; nothing was changed
  kLink = -22,      ///< a symbolic link, which can be another user's
};

}  // namespace rseq::region
