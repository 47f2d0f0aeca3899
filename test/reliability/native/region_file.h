/// A small region in a file, which the calling thread has open twice: to count in, and only to look at.
#pragma once

#include <stdio.h>

#include <string>

#include "harness.h"
#include "region/table.h"

namespace structures {

inline void expect_result(int32_t found, int32_t expected, const char* what) {
  expect(found == expected, what, found, expected);
}

struct RegionFile {
  static constexpr uint32_t kCells = 16384;

  RegionFile() : path(folder() + "/openings"), number(created()), looked_at(attached()) {
    region::Info info;
    expect(region::info(number, &info), "its directory");
    directory = info.directory;
  }
  ~RegionFile() {
    region::close(number);
    region::close(looked_at);
    for (const uint32_t one : {number, looked_at})
      expect(region::regions[one].active == 0, "nothing is open any more", one);
    remove(path.c_str());
  }
  RegionFile(const RegionFile&) = delete;
  RegionFile& operator=(const RegionFile&) = delete;

  uint32_t created() const { return static_cast<uint32_t>(region::create_file(path.c_str(), kCells)); }
  uint32_t attached() const { return static_cast<uint32_t>(region::attach(path.c_str(), true)); }
  region::Entry& entry(uint32_t which) const { return directory->entries[which]; }
  bool exists(uint32_t which) const {
    region::Entry copied;
    return directory->copy(which, &copied);
  }
  bool is_held(uint32_t which) const {
    uint64_t words[kCells / 4 / 64];
    directory->held_by_the_living(words, kCells / 4 / 64);
    return (words[which / 64] >> which % 64 & 1) != 0;
  }
  int32_t open(region::Kind kind, const std::string& name, bool by_mm_cid = false) const {
    return region::open(number, kind, by_mm_cid, {name.data(), static_cast<uint32_t>(name.size())},
                        {nullptr, 0});
  }
  int32_t adopt(uint32_t which, region::Kind kind = region::Kind::kCounter) const {
    return region::adopt(number, kind, false, which, entry(which).generation);
  }
  uint32_t references(uint32_t which) const { return region::regions[number].held[which].references; }

  std::string path;
  uint32_t number;
  uint32_t looked_at;
  const region::Directory* directory;
};

}  // namespace structures
