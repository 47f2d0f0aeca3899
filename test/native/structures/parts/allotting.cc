/// What a region is allotted: sizes by the cells that were asked for, words of what is held, and the lowest
/// number, cells and descriptor that are free.
#include <sys/stat.h>

#include "harness.h"
#include "region/arena.h"
#include "region/table.h"
#include "region_file.h"

namespace structures {
namespace {

void share_out_sizes() {
  struct Row {
    uint32_t wanted, cells, entries;
  };
  const uint32_t usual = rseq::arena::default_cells(true);
  const uint32_t entries_of_usual = 1U << (32 - __builtin_clz(usual / 4 - 1));
  const Path file("sizes");
  for (const Row& row :
       {Row{1, 8192, 2048}, Row{8191, 8192, 2048}, Row{8192, 8192, 2048}, Row{8193, 16384, 4096},
        Row{24000, 24576, 8192}, Row{40960, 40960, 16384}, Row{0, usual, entries_of_usual}}) {
    for (const bool is_file : {false, true}) {
      const uint32_t number =
          opened(is_file ? file.create(row.wanted) : region::create_memfd(row.wanted), "a region");
      const region::Info info = info_of(number);
      const region::Sizes& sizes = info.directory->sizes;
      expect(sizes.cells == row.cells, "cells", sizes.cells, row.cells);
      expect(sizes.entries == row.entries, "entries", sizes.entries, row.entries);
      expect(sizes.text_units == 2 * row.entries, "text", sizes.text_units, int64_t{2} * row.entries);
      expect(sizes.stripes == rseq::arena::stripes.count, "stripes", sizes.stripes);
      expect(sizes.processes == region::kMaxProcesses, "processes", sizes.processes);
      expect(info.bytes == region::Layout(sizes).total, "bytes", static_cast<int64_t>(info.bytes));
      expect(info.shared && !info.read_only && info.inode != 0, "shared");
      struct stat status = {};
      expect(fstat(region::descriptor(number), &status) == 0 && status.st_ino == info.inode,
             "its descriptor");
      region::close(number);
    }
    remove(file.text.c_str());
  }
  const region::Info own = info_of(region::kProcess);
  expect(own.directory->sizes.processes == 1 && !own.shared && !own.read_only, "the process’s own");
  expect(region::descriptor(region::kProcess) == -1, "it has no file");
  expect(region::descriptor(9) == -1 && region::check(9) == region::kClosed, "what is not open");
  region::Info none;
  expect(!region::info(9, &none) && !region::info(region::kMaxRegions, &none), "what is not open");
}

/// Words of what is held, each in its place.
void hold_far() {
  constexpr uint32_t kWords = 128;
  const uint32_t number = opened(region::create_memfd(kWords * 64 * 4), "a region");
  const region::Directory& directory = *info_of(number).directory;
  uint64_t words[kWords];
  for (const uint32_t far : {1U, 63U, 64U, kWords - 1}) {
    directory.holds[far] = far;
    directory.held_by_the_living(words, kWords);
    for (uint32_t i = 0; i < kWords; ++i) expect(words[i] == (i == far ? far : 0), "held", i);
    directory.holds[far] = 0;
  }
  expect_result(region::close(number), 0, "closed");
}

/// The lowest numbers first; the same cells and descriptors again.
void take_numbers() {
  const int descriptor = next_file();
  const uint32_t numbers[] = {opened(region::create_memfd(kFewestCells), "one"),
                              opened(region::create_memfd(kFewestCells), "two"),
                              opened(region::create_memfd(kFewestCells), "three")};
  expect(numbers[1] == numbers[0] + 1 && numbers[2] == numbers[0] + 2, "one after the other", numbers[2]);
  const region::Region& two = region::regions[numbers[1]];
  const uint32_t first = two.first;
  void* held = two.held;
  expect(is_mapped(held) && two.active == 1 && two.opened == 1, "open");
  expect_result(region::close(numbers[1]), 0, "closed");
  expect(!is_mapped(held) && two.active == 0 && two.opened == 0, "closed", two.opened);
  expect_result(region::close(numbers[1]), region::kClosed, "closed again");
  expect(opened(region::create_memfd(kFewestCells), "again") == numbers[1], "the number that is free");
  expect(two.first == first, "the cells that are free", two.first, first);
  // As if all were there: nothing is left of one more.
  for (region::Region& one : region::regions) one.active += 2;
  const int next = next_file();
  expect_result(region::create_memfd(kFewestCells), region::kTooMany, "one more");
  expect(next_file() == next, "it has left a descriptor");
  for (region::Region& one : region::regions) one.active -= 2;
  for (const uint32_t number : numbers) expect_result(region::close(number), 0, "closed");
  expect(next_file() == descriptor, "descriptors that are open", next_file(), descriptor);
}

}  // namespace

void allot_regions() {
  // Descriptors, and the arena's ranges, are the copy's own.
  in_process([] {
    share_out_sizes();
    hold_far();
    take_numbers();
  });
  operations += 150;
}

}  // namespace structures
