/// What entries say that they have, together. Each is held against the region alone (Directory::inside), and
/// in a damaged file many can say that they have the same: what is made of all of them would be without
/// bound.
#pragma once

#include "region/directory.h"

namespace rseq::region {

/// Of one pass over the entries.
class Claims {
 public:
  explicit Claims(const Directory& directory) : directory_(directory) {}

  /// @return false where it is too much with those before it: then it is to be left out
  bool take(const Entry& copied) {
    const uint64_t cells = cells_ + copied.cells;
    const uint64_t texts = texts_ + total_length(copied);
    // More than there is: what is given back while the pass is made can be there again in an entry that comes
    // later.
    if (cells > uint64_t{5} * directory_.sizes.cells / 4 || (texts > kFew && texts > 2 * text_bytes()))
      return false;
    cells_ = cells;
    texts_ = texts;
    return true;
  }

 private:
  /// Texts of so few bytes are believed as they are.
  static constexpr uint64_t kFew = 1 << 20;

  /// That the heap of texts really has: what lies in a hole was never written.
  uint64_t text_bytes() {
    if (data_ == 0) {
      data_ = kFew;
      directory_.each_part(directory_.texts, uint64_t{directory_.sizes.text_units} * kTextUnit,
                           [this](char*, uint64_t bytes) { data_ += bytes; });
    }
    return data_;
  }

  const Directory& directory_;
  uint64_t cells_ = 0;
  uint64_t texts_ = 0;
  uint64_t data_ = 0;  ///< 0: not asked for yet
};

}  // namespace rseq::region
