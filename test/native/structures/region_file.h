/// Regions in files: what the calling thread opens by a path, and what is then known of them.
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "harness.h"
#include "region/table.h"

namespace structures {

/// As few as a region has.
inline constexpr uint32_t kFewestCells = 8192;

inline region::Info info_of(uint32_t number) {
  region::Info info = {};
  expect(region::info(number, &info), "its numbers", number);
  return info;
}

inline uint32_t opened(int32_t result, const char* what) {
  expect(result > 0, what, result);
  return static_cast<uint32_t>(result);
}

inline bool is_mapped(void* at) {
  unsigned char in_core;
  return mincore(at, 1, &in_core) == 0;
}

/// A file's path: there is none at first, and none in the end.
struct Path {
  explicit Path(const char* name) : text(folder() + "/" + name) {}
  ~Path() { remove(text.c_str()); }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

  int32_t create(uint32_t cells = kFewestCells) const { return region::create_file(text.c_str(), cells); }
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

/// A small region in a file, which the calling thread has open twice: to count in, and only to look at.
struct RegionFile {
  static constexpr uint32_t kCells = 16384;

  RegionFile() : number(created()), looked_at(attached()), directory(info_of(number).directory) {}
  ~RegionFile() {
    region::close(number);
    region::close(looked_at);
    for (const uint32_t one : {number, looked_at})
      expect(region::regions[one].active == 0, "nothing is open any more", one);
  }
  RegionFile(const RegionFile&) = delete;
  RegionFile& operator=(const RegionFile&) = delete;

  uint32_t created() const { return static_cast<uint32_t>(path.create(kCells)); }
  uint32_t attached() const { return static_cast<uint32_t>(path.attach(true)); }
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

  Path path{"openings"};
  uint32_t number;
  uint32_t looked_at;
  const region::Directory* directory;
};

}  // namespace structures
