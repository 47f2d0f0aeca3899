/// A small directory, which can be full in each way, in memory with something of nobody's around it.
#pragma once

#include <string>
#include <vector>

#include "harness.h"
#include "region/directory.h"

namespace structures {

inline constexpr region::Sizes kSizes = {
    .stripes = 2, .cells = 256, .entries = 128, .text_units = 128, .processes = 4};

/// The bucket that all crowded names are in.
inline constexpr uint32_t kCrowded = 5;

/// Names of one chain, each another. @param number  below 2 · kSizes.entries
const std::string& crowded_name(uint32_t number);

/// What an entry is to be, with texts of its own.
struct Wanted {
  region::Kind kind = region::Kind::kCounter;
  bool by_mm_cid = false;
  uint32_t cells = 1;
  uint32_t shape = 0;
  std::string texts[region::kTexts];

  region::Bytes bytes(region::Text which) const;
  region::Description description() const;
  region::Sort sort() const { return {kind, by_mm_cid}; }
  bool has_name_of(const Wanted& other) const;
  uint32_t units() const;
};

class DirectoryMemory {
 public:
  /// @param shared  processes can come and die; else there is one
  explicit DirectoryMemory(bool shared);
  ~DirectoryMemory();
  DirectoryMemory(const DirectoryMemory&) = delete;
  DirectoryMemory& operator=(const DirectoryMemory&) = delete;

  /// As a process has it that has not joined yet.
  region::Directory directory() const;
  /// The process ends.
  static void leave(const region::Directory& directory);

  /// An open file description that is no process's, or −1.
  int fd() const { return fd_; }
  bool is_locked() const;

  /// Puts something into a run, other in each stripe.
  static void fill(const region::Directory& directory, uint32_t first, uint32_t count, int64_t value);
  /// @param values  as they were given to fill(), by cell; 0: nobody's
  static void check_cells(const region::Directory& directory, const std::vector<int64_t>& values);
  void check_guards() const;
  /// Whatever follows from the entries is something else.
  static void scribble(const region::Directory& directory, Random& random);

 private:
  int fd_ = -1;
  char* control_;
  int64_t* cells_;
};

/// A directory with its only process.
struct Own {
  Own() : memory(true), directory(memory.directory()) { expect(directory.join() == 0, "joined"); }
  ~Own() { DirectoryMemory::leave(directory); }
  Own(const Own&) = delete;
  Own& operator=(const Own&) = delete;

  int32_t make(const std::string& name, const std::string& labels = "") {
    Wanted what;
    what.texts[region::kName] = name;
    what.texts[region::kLabels] = labels;
    return directory.make(what.description(), &entry);
  }
  int32_t look(const std::string& name, const std::string& labels = "") {
    return directory.look({name.data(), static_cast<uint32_t>(name.size())},
                          {labels.data(), static_cast<uint32_t>(labels.size())}, &entry);
  }
  region::Entry& at(int32_t number) const { return directory.entries[number]; }

  DirectoryMemory memory;
  region::Directory directory;
  region::Entry entry = {};
};

}  // namespace structures
