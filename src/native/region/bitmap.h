/// Which units of a heap are taken, one bit each: first fit. Everything under the directory's lock.
///
/// It can be made again from the entries (repair), and a wrong bit leads nowhere but into the heap itself.
#pragma once

#include <stdint.h>

#include "region/room.h"

namespace rseq::region {

struct Bitmap {
  uint64_t* words;
  uint32_t bits;         ///< a multiple of 64
  uint32_t* hint;        ///< no unit below is free
  Room* room = nullptr;  ///< what is looked at has a page first; null: it needs none
  uint64_t at = 0;       ///< of the words, in the region's file

  void mark(uint32_t first, uint32_t count) {
    each_word(first, count, [this](uint32_t word, uint64_t bits) {
      words[word] |= bits;
      return true;
    });
  }

  bool is_all_marked(uint32_t first, uint32_t count) const {
    return each_word(first, count,
                     [this](uint32_t word, uint64_t bits) { return (words[word] & bits) == bits; });
  }

  bool is_none_marked(uint32_t first, uint32_t count) const {
    return each_word(first, count,
                     [this](uint32_t word, uint64_t bits) { return (words[word] & bits) == 0; });
  }

  /// @return the first of `count` units, marked as taken; kFull where there are none, or another Result
  int64_t take(uint32_t count) {
    if (count == 0) return 0;
    uint32_t first_free = bits;
    uint32_t run = 0;
    uint32_t bit = *hint < bits ? *hint : 0;
    while (bit < bits && run < count) {
      if (const int32_t failed = reach(bit); failed != 0) return failed;
      const uint64_t word = words[bit / 64];
      const bool is_even = bit % 64 == 0 && (word == 0 || word == ~UINT64_C(0));
      const uint32_t step = is_even ? 64 : 1;
      if ((word >> bit % 64 & 1) != 0) {
        run = 0;
      } else {
        if (first_free == bits) first_free = bit;
        run += step;
      }
      bit += step;
    }
    if (run < count) return kFull;
    const uint32_t first = bit - run;
    mark(first, count);
    *hint = first_free == first ? first + count : first_free;
    return first;
  }

  void give_back(uint32_t first, uint32_t count) {
    each_word(first, count, [this](uint32_t word, uint64_t bits) {
      words[word] &= ~bits;
      return true;
    });
    if (count != 0 && first < *hint) *hint = first;
  }

 private:
  /// Calls work(word, its bits) for a run, as long as that says true. @return whether all did
  template <typename Work>
  static bool each_word(uint32_t first, uint32_t count, const Work& work) {
    for (uint32_t bit = first; bit < first + count;) {
      const uint32_t left = first + count - bit;
      const uint32_t room = 64 - bit % 64;
      const uint32_t here = left < room ? left : room;
      if (!work(bit / 64, ~UINT64_C(0) >> (64 - here) << bit % 64)) return false;
      bit += here;
    }
    return true;
  }

  int32_t reach(uint32_t bit) const {
    const uint64_t word = at + bit / 64 * sizeof(uint64_t);
    return room == nullptr || room->knows(word) ? 0 : room->take(word, sizeof(uint64_t));
  }
};

}  // namespace rseq::region
