/// Which pages of some cells have data, in all stripes, for one look: see extents.h.
#pragma once

#include "directory.h"

namespace rseq::region::holes {

inline constexpr uint32_t kCellsPerGrain = kGrain / sizeof(int64_t);

/// Which units of some cells had data, in each stripe, when they were looked at.
class Map {
 public:
  /// Of `cells` cells from `first` on.
  Map(const Directory& directory, uint32_t first, uint32_t cells);
  ~Map();
  Map(const Map&) = delete;
  Map& operator=(const Map&) = delete;

  /// Looks once more. @return whether there was data that the map did not have
  bool look();

  /// @param cell  one of the map's, as all cells below
  bool has(uint32_t stripe, uint32_t cell) const {
    return words_ == nullptr || (unit(cell)[stripe / 64] >> stripe % 64 & 1) != 0;
  }
  /// Whether none of those cells is in a hole, in any stripe.
  bool is_whole(uint32_t cell, uint32_t cells) const;
  /// Whether all of them are, in that stripe.
  bool is_hole(uint32_t stripe, uint32_t cell, uint32_t cells) const;
  /// Whether that cell is, in every stripe.
  bool is_nowhere(uint32_t cell) const;

 private:
  static constexpr uint32_t kFewWords = 16;

  uint32_t stripes() const { return directory_.sizes.stripes + 2; }
  uint64_t* unit(uint32_t cell) const {
    return words_ + uint64_t{cell / kCellsPerGrain - first_unit_} * words_of_unit_;
  }
  /// @param begin  of the units, in the file
  bool look_at(uint32_t stripe, uint64_t begin);

  const Directory& directory_;
  uint32_t first_unit_;
  uint32_t units_;
  uint32_t words_of_unit_;  ///< a bit for each stripe
  uint64_t few_[kFewWords];
  uint64_t* words_;  ///< of all units; null where everything may be touched: without holes, or memory
};

}  // namespace rseq::region::holes
