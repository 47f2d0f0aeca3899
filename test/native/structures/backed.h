/// A small region that is to be backed, and how many files there are, which tells what is left of it.
#pragma once

#include <filesystem>
#include <string>

#include "harness.h"
#include "region/backing.h"

namespace structures {

namespace backing = rseq::region::backing;
namespace files = std::filesystem;

inline constexpr region::Sizes kBackedSizes = {
    .stripes = 2, .cells = 8192, .entries = 64, .text_units = 128, .processes = 3};
inline const uint64_t kBackedBytes = region::Layout(kBackedSizes).total;

inline size_t count_in(const std::string& where) {
  const auto all = files::directory_iterator(where);
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}
inline size_t open_files() { return count_in("/proc/self/fd"); }

}  // namespace structures
