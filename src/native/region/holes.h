/// Which pages of some cells have data, in all stripes, for one look: see extents.h.
#pragma once

#include "region/directory.h"

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
  /// Calls work(stripe) for each in which that cell is in no hole, in order.
  template <typename Work>
  void each_stripe(uint32_t cell, const Work& work) const {
    if (words_ == nullptr) {
      for (uint32_t stripe = 0; stripe < stripes(); ++stripe) work(stripe);
      return;
    }
    const uint64_t* words = unit(cell);
    // A file can say that it has tens of thousands of stripes: only words with a bit are looked at.
    const uint64_t* used = used_of(cell / kCellsPerGrain - first_unit_);
    for (uint32_t i = 0; i < words_of_used_; ++i) {
      for (uint64_t which = used[i]; which != 0; which &= which - 1) {
        const uint32_t word = i * 64 + static_cast<uint32_t>(__builtin_ctzll(which));
        for (uint64_t bits = words[word]; bits != 0; bits &= bits - 1)
          work(word * 64 + static_cast<uint32_t>(__builtin_ctzll(bits)));
      }
    }
  }
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
  /// Cells that are in no hole, of all stripes together: what reading them costs.
  uint64_t count(uint32_t cell, uint32_t cells) const;
  /// … of all of the map's cells.
  uint64_t count() const { return count(first_unit_ * kCellsPerGrain, units_ * kCellsPerGrain); }
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

  uint64_t* used_of(uint64_t unit) const { return used_ + unit * words_of_used_; }

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
  uint32_t words_of_used_;  ///< … and one for each of those words that has any
  uint64_t last_word_;      ///< of a unit that has data in every stripe
  uint64_t few_[kFewWords];
  uint64_t* words_;  ///< of all units; null where everything may be touched: without holes, or memory
  uint64_t* used_;   ///< behind them
};

}  // namespace rseq::region::holes
