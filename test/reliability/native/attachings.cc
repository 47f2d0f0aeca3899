/// Regions of this process: their numbers and sizes, and which file is which.
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "harness.h"
#include "region/arena.h"
#include "region/lock.h"
#include "region/table.h"
#include "region_file.h"

namespace structures {
namespace {

namespace lock = rseq::region::lock;

constexpr uint32_t kCells = 8192;

region::Info info_of(uint32_t number) {
  region::Info info = {};
  expect(region::info(number, &info), "its numbers", number);
  return info;
}

/// The next descriptor: the same one again where all are closed.
int next_descriptor() {
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(fd);
  return fd;
}

uint32_t opened(int32_t result, const char* what) {
  expect(result > 0, what, result);
  return static_cast<uint32_t>(result);
}

bool is_mapped(void* at) {
  unsigned char in_core;
  return mincore(at, 1, &in_core) == 0;
}

struct Path {
  explicit Path(const char* name) : text(folder() + "/" + name) {}
  ~Path() { remove(text.c_str()); }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

  int32_t create(uint32_t cells = kCells) const { return region::create_file(text.c_str(), cells); }
  int32_t attach(bool read_only) const { return region::attach(text.c_str(), read_only); }
  int open() const { return ::open(text.c_str(), O_RDWR | O_CLOEXEC); }
  /// Changes the header, which is then whole again.
  template <typename Change>
  void change(Change change) const {
    const int fd = open();
    region::Header header;
    expect(pread(fd, &header, sizeof header, 0) == sizeof header, "read");
    change(header);
    header.checksum = region::checksum(header);
    expect(pwrite(fd, &header, sizeof header, 0) == sizeof header, "written");
    expect(ftruncate(fd, static_cast<off_t>(region::Layout(header.sizes).total)) == 0, "as long as it says");
    ::close(fd);
  }

  std::string text;
};

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
  const int descriptor = next_descriptor();
  const uint32_t numbers[] = {opened(region::create_memfd(kCells), "one"),
                              opened(region::create_memfd(kCells), "two"),
                              opened(region::create_memfd(kCells), "three")};
  expect(numbers[1] == numbers[0] + 1 && numbers[2] == numbers[0] + 2, "one after the other", numbers[2]);
  const region::Region& two = region::regions[numbers[1]];
  const uint32_t first = two.first;
  void* held = two.held;
  expect(is_mapped(held) && two.active == 1 && two.opened == 1, "open");
  expect_result(region::close(numbers[1]), 0, "closed");
  expect(!is_mapped(held) && two.active == 0 && two.opened == 0, "closed", two.opened);
  expect_result(region::close(numbers[1]), region::kClosed, "closed again");
  expect(opened(region::create_memfd(kCells), "again") == numbers[1], "the number that is free");
  expect(two.first == first, "the cells that are free", two.first, first);
  // As if all were there: nothing is left of one more.
  for (region::Region& one : region::regions) one.active += 2;
  const int next = next_descriptor();
  expect_result(region::create_memfd(kCells), region::kTooMany, "one more");
  expect(next_descriptor() == next, "it has left a descriptor");
  for (region::Region& one : region::regions) one.active -= 2;
  for (const uint32_t number : numbers) expect_result(region::close(number), 0, "closed");
  expect(next_descriptor() == descriptor, "descriptors that are open", next_descriptor(), descriptor);
}

/// A file is one region, but for who only looks at it; a copy is another.
void tell_files() {
  const Path file("file");
  const Path copy("copy");
  const uint32_t number = opened(file.create(), "a file");
  const int descriptor = next_descriptor();
  expect(opened(file.attach(false), "again") == number && opened(file.create(), "again") == number,
         "the same one");
  expect(region::mine[number].opened == 3 && region::regions[number].opened == 3, "opened three times");
  expect(next_descriptor() == descriptor, "they have left a descriptor");
  const uint32_t looked_at = opened(file.attach(true), "looked at");
  expect(looked_at != number && opened(file.attach(true), "again") == looked_at,
         "looked at by another number");
  std::filesystem::copy_file(file.text, copy.text);
  const uint32_t copied = opened(copy.attach(false), "a copy");
  expect(copied != number && copied != looked_at, "another file", copied);
  const region::Info info = info_of(number);
  const region::Info other = info_of(copied);
  expect(info.nonce == other.nonce && info.inode != other.inode, "a copy has its nonce");
  const auto find = [](const region::Info& one) { return region::find(one.nonce, one.inode); };
  expect_result(find(info), static_cast<int32_t>(number), "the one that can be written to");
  expect_result(find(other), static_cast<int32_t>(copied), "the copy");
  expect_result(region::find(info.nonce, 1), region::kAbsent, "another file");
  expect_result(region::find(1, info.inode), region::kAbsent, "another region");
  const region::Info own = info_of(region::kProcess);
  const uint32_t before = region::mine[region::kProcess].opened;
  expect_result(find(own), region::kProcess, "the process’s own");
  expect(region::mine[region::kProcess].opened == before + 1, "opened once more");
  expect_result(region::close(region::kProcess), 0, "closed");
  expect(region::regions[region::kProcess].active == 1, "it stays");
  // Another region in that file, now.
  file.change([](region::Header& header) { ++header.nonce; });
  const uint32_t next = opened(file.attach(false), "another nonce");
  expect(next != number && next != looked_at, "another region", next);
  expect_result(region::close(next), 0, "closed");
  file.change([](region::Header& header) { --header.nonce; });
  for (int i = 0; i < 4; ++i) expect_result(region::close(number), 0, "closed");
  expect_result(region::close(number), region::kClosed, "closed as often as opened");
  expect_result(find(info), static_cast<int32_t>(looked_at), "the one that is looked at");
  for (int i = 0; i < 3; ++i) expect_result(region::close(looked_at), 0, "closed");
  for (int i = 0; i < 2; ++i) expect_result(region::close(copied), 0, "closed");
  expect_result(find(info), region::kAbsent, "none");
  expect(opened(file.attach(false), "anew") == number && region::regions[number].active == 1, "anew");
  expect_result(region::close(number), 0, "closed");
}

/// What fails leaves nothing, and nothing of the last one of that number is used.
void refuse() {
  const Path file("refused");
  const int descriptor = next_descriptor();
  const uint32_t number = opened(file.create(), "a file");
  // As a process leaves it that was killed.
  info_of(number).directory->holds[0] = 1;
  info_of(number).directory->header->entry_high = 1;
  void* held = region::regions[number].held;
  const uint32_t first = region::regions[number].first;
  expect_result(region::close(number), 0, "closed");
  expect(opened(file.attach(true), "looked at") == number, "in its place");
  uint64_t words = 1;
  info_of(number).directory->held_by_the_living(&words, 1);
  expect(words == 0, "held by the dead", static_cast<int64_t>(words));
  held = region::regions[number].held;
  expect_result(region::close(number), 0, "closed");
  void* page = mmap(held, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  file.change([](region::Header& header) { ++header.sizes.stripes; });
  expect_result(file.attach(false), region::kCpus, "for more CPUs");
  expect(is_mapped(page), "memory of others");
  munmap(page, 4096);
  expect(region::regions[number].active == 0, "not there");
  const uint32_t looked_at = opened(file.attach(true), "looked at");
  expect_result(region::close(looked_at), 0, "closed");
  file.change([](region::Header& header) { --header.sizes.stripes; });
  // Each has cells of its own: no range was given back twice.
  const uint32_t one = opened(file.attach(false), "whole again");
  expect(region::regions[one].first == first, "its cells", region::regions[one].first, first);
  std::vector<uint32_t> beside;
  for (int i = 0; i < 8; ++i) {
    beside.push_back(opened(region::create_memfd(kCells), "beside it"));
    expect(region::regions[beside.back()].first != first, "cells of two regions", first);
  }
  // Every process has its slot.
  const int fd = file.open();
  for (uint32_t i = 1; i < region::kMaxProcesses; ++i) lock::take_process(fd, i);
  expect_result(region::close(one), 0, "closed");
  expect(lock::take_process(fd, 0), "its slot is free");
  expect_result(file.attach(false), region::kTooMany, "no slot is left");
  ::close(fd);
  for (const uint32_t number_beside : beside) expect_result(region::close(number_beside), 0, "closed");
  expect_result(region::attach("/nowhere/at/all", false), region::kSystem, "no file");
  expect_result(region::create_file("/nowhere/at/all", kCells), region::kSystem, "no folder");
  expect(next_descriptor() == descriptor, "descriptors that are open", next_descriptor(), descriptor);
}

/// What is cut short, also with the descriptor that standard input had.
void lose() {
  const Path file("lost");
  const int input = dup(0);
  ::close(0);
  for (const bool read_only : {false, true}) {
    const uint32_t number = opened(file.create(), "a file");
    const uint32_t which = read_only ? opened(file.attach(true), "looked at") : number;
    if (!read_only) expect(region::descriptor(which) == 0, "standard input’s", region::descriptor(which));
    expect(info_of(which).shared && region::check(which) == 0, "whole", region::check(which));
    expect(opened(file.attach(read_only), "again") == which && region::close(which) == 0, "the same one");
    region::Header& header = *info_of(number).directory->header;
    header.magic ^= 1;
    expect_result(region::check(which), region::kDamaged, "another magic");
    header.magic ^= 1;
    const Opened one = make(number, region::Kind::kCounter, "n");
    const int32_t entry = region::open(which, region::Kind::kCounter, false, {"n", 1}, {nullptr, 0});
    const int64_t* cell = region::cell_of(which, *region::held(which, static_cast<uint32_t>(entry)), 0, 0);
    expect(*cell == 0, "its cell");
    expect(truncate(file.text.c_str(), 0) == 0, "cut short");
    expect(__atomic_load_n(cell, __ATOMIC_RELAXED) == 0, "a cell that is lost");
    expect_result(region::check(which), region::kLost, "lost");
    region::release(which, static_cast<uint32_t>(entry));
    close(one);
    if (read_only) expect_result(region::close(which), 0, "closed");
    expect_result(region::close(number), 0, "closed");
    remove(file.text.c_str());
  }
  dup2(input, 0);
  ::close(input);
}

}  // namespace

void attach_regions() {
  // Descriptors, and the arena's ranges, are the copy's own.
  in_process([] {
    share_out_sizes();
    hold_far();
    take_numbers();
    tell_files();
    refuse();
    lose();
  });
  operations += 300;
}

}  // namespace structures
