/// Files that are attached: which of them is which region, and what is left where one is refused, closed or
/// cut short.
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>

#include "harness.h"
#include "region/lock.h"
#include "region/table.h"
#include "region_file.h"

namespace structures {
namespace {

namespace lock = rseq::region::lock;

/// A file is one region, but for who only looks at it; a copy is another.
void tell_files() {
  const Path file("file");
  const Path copy("copy");
  const uint32_t number = opened(file.create(), "a file");
  const int descriptor = next_file();
  expect(opened(file.attach(false), "again") == number && opened(file.create(), "again") == number,
         "the same one");
  expect(region::mine[number].opened == 3 && region::regions[number].opened == 3, "opened three times");
  expect(next_file() == descriptor, "they have left a descriptor");
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
  const int descriptor = next_file();
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
    beside.push_back(opened(region::create_memfd(kFewestCells), "beside it"));
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
  expect_result(region::create_file("/nowhere/at/all", kFewestCells), region::kSystem, "no folder");
  expect(next_file() == descriptor, "descriptors that are open", next_file(), descriptor);
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
    tell_files();
    refuse();
    lose();
  });
  operations += 150;
}

}  // namespace structures
