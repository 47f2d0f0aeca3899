/// As a process of its own has a region in a file: one of several in this process. It dies when it ends.
#pragma once

#include <stdlib.h>
#include <sys/mman.h>

#include <string>

#include "harness.h"
#include "region/backing.h"
#include "region/directory.h"

namespace structures {

inline constexpr uint32_t kPlaces = 3;
inline constexpr region::Sizes kMemberSizes = {
    .stripes = 1, .cells = 8192, .entries = 4096, .text_units = 8192, .processes = kPlaces};
inline constexpr uint32_t kMemberStripes = kMemberSizes.stripes + 2;
inline constexpr uint32_t kRun = 3;  ///< cells of most

/// What a Member makes.
inline constexpr region::Sort kCounterSort = {region::Kind::kCounter, false};

class Member {
 public:
  explicit Member(const std::string& path) {
    if (region::backing::create_file(path.c_str(), kMemberSizes, &memory_) != 0) abort();
    const region::Layout layout(kMemberSizes);
    all_ = mmap(nullptr, layout.total, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.fd, 0);
    if (all_ == MAP_FAILED) abort();
    own = {};
    own.set(kMemberSizes, memory_.control);
    own.fd = memory_.fd;
    own.process = region::kMaxProcesses;
    own.cells = static_cast<char*>(all_) + layout.stripes;
    own.stride = layout.stripe_bytes;
    joined = own.join();
  }
  ~Member() {
    munmap(all_, region::Layout(kMemberSizes).total);
    region::backing::release(memory_);
  }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  region::Header& header() const { return *own.header; }
  region::Entry& entry(uint32_t number) const { return own.entries[number]; }
  uint64_t& holds(uint32_t process, uint32_t number) const {
    return own.holds[process * (kMemberSizes.entries / 64) + number / 64];
  }
  bool is_live(uint32_t number) const {
    region::Entry copied;
    return own.copy(number, &copied);
  }
  /// Of each stripe's cells of an entry, whether all are that number.
  bool is_filled(const region::Entry& entry, int64_t with) const {
    for (uint32_t stripe = 0; stripe < kMemberStripes; ++stripe)
      for (uint32_t i = 0; i < entry.cells; ++i)
        if (*own.cell(stripe, entry.cell + i) != with) return false;
    return true;
  }
  void fill(uint32_t number, int64_t with) const {
    for (uint32_t stripe = 0; stripe < kMemberStripes; ++stripe)
      for (uint32_t i = 0; i < entry(number).cells; ++i) *own.cell(stripe, entry(number).cell + i) = with;
  }

  int32_t find(const std::string& name) {
    region::Entry found;
    return own.hold(kCounterSort, {name.data(), static_cast<uint32_t>(name.size())}, {nullptr, 0}, &found);
  }
  int32_t try_make(const std::string& name, uint32_t cells) {
    region::Description wanted = {
        .kind = region::Kind::kCounter, .by_mm_cid = false, .cells = cells, .shape = 0, .texts = {}};
    wanted.texts[region::kName] = {name.data(), static_cast<uint32_t>(name.size())};
    region::Entry out;
    return own.make(wanted, &out);
  }
  uint32_t make(const std::string& name, uint32_t cells = kRun) {
    const int32_t number = try_make(name, cells);
    if (number < 0) abort();
    fill(static_cast<uint32_t>(number), number + 1);
    return static_cast<uint32_t>(number);
  }
  /// Holds what another one made.
  void share(uint32_t number) {
    region::Entry copied;
    const int32_t held = own.hold(kCounterSort, number, entry(number).generation, &copied);
    expect(held == static_cast<int32_t>(number), "held too", held, number);
  }

  void expect_used(uint32_t entries, uint32_t cells) const {
    expect(header().entries_used == entries, "entries", header().entries_used, entries);
    expect(header().cells_used == cells, "cells", header().cells_used, cells);
    expect(header().dirty == 0, "changes that were begun");
  }

  region::Directory own;
  int32_t joined;

 private:
  region::backing::Memory memory_;
  void* all_;
};

}  // namespace structures
