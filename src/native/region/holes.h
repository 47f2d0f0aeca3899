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
  /// The stripes in which that cell is in no hole, a bit for each; null: all.
  const uint64_t* stripes_of(uint32_t cell) const { return words_ == nullptr ? nullptr : unit(cell); }
  /// Whether none of those cells is in a hole, in any stripe.
  bool is_whole(uint32_t cell, uint32_t cells) const {
    if (words_ == nullptr) return true;
    const uint64_t* word = unit(cell);
    for (const uint64_t* end = unit(cell + cells - 1); word <= end;) {
      for (uint32_t left = words_of_unit_; left > 0; --left)
        if (*word++ != (left > 1 ? ~UINT64_C(0) : last_word_)) return false;
    }
    return true;
  }
  /// Whether all of them are, in that stripe.
  bool is_hole(uint32_t stripe, uint32_t cell, uint32_t cells) const {
    for (uint32_t i = cell; i < cell + cells; i = (i / kCellsPerGrain + 1) * kCellsPerGrain)
      if (has(stripe, i)) return false;
    return true;
  }
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
  uint64_t last_word_;      ///< of a unit that has data in every stripe
  uint64_t few_[kFewWords];
  uint64_t* words_;  ///< of all units; null where everything may be touched: without holes, or memory
};

}  // namespace rseq::region::holes
