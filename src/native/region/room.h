/// Room in the file system for what is about to be written: a page that was taken here is there, and no write
/// to it is ever lost. This process's note of such pages makes that one system call for each.
///
/// What was noted stays so: nobody gives back a page of a region's file.
#pragma once

#include <stdint.h>

#include "region/format.h"
#include "region/result.h"

namespace rseq::region {

/// Gives those bytes of a file their pages. @return as Room::take()
int32_t allocate(int fd, uint64_t at, uint64_t bytes);

class Room {
 public:
  /// @return false without memory for the note: then go on without
  bool open(int fd, const Sizes& sizes);
  void close();

  /// @param at  in the control part, in bytes
  /// @return 0; kNoRoom, or kNoMemory, where the file system is full. What cannot be taken for any other
  ///         reason is found missing when it is touched: see fault.h
  int32_t take(uint64_t at, uint64_t bytes);
  /// Of cells, in every stripe.
  int32_t take_cells(uint32_t cell, uint32_t cells);
  /// … or in one.
  int32_t take_cells_in(uint32_t stripe, uint32_t cell, uint32_t cells);

  /// Whether that byte's page is known to be there.
  bool knows(uint64_t at) const;
  bool knows_cells(uint32_t cell, uint32_t cells) const;
  /// It was found there.
  void note(uint64_t at);

 private:
  bool is_noted(uint64_t unit) const;
  void put_down(uint64_t unit);
  uint64_t unit_of(uint32_t cell) const;

  int fd_;
  Sizes sizes_;
  uint64_t* notes_;  ///< a bit for each unit of the control part, then one for each unit of all stripes
};

}  // namespace rseq::region
