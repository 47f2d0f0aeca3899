#include "directory_memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

namespace structures {
namespace {

constexpr int kGetLock = 36;  // F_OFD_GETLK
/// Cells from one stripe to the next: some are nobody's. And of one stripe more.
constexpr size_t kStride = kSizes.cells + 8;
constexpr uint32_t kStripes = kSizes.stripes + 2;
constexpr size_t kCellBytes = (kStripes + 1) * kStride * sizeof(int64_t);
constexpr int64_t kNobodys = 0x0b0d;

void* map(size_t bytes, int fd) {
  void* memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) abort();
  return memory;
}

/// As the format has it: the name, a 0, the labels.
uint32_t bucket_of(const std::string& name) {
  return region::hash_bytes("", 1, region::hash_bytes(name.data(), name.size())) % kSizes.entries;
}

}  // namespace

const std::string& crowded_name(uint32_t number) {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> found;
    for (uint32_t i = 0; found.size() < size_t{2} * kSizes.entries; ++i) {
      std::string name = "crowded" + std::to_string(i);
      if (bucket_of(name) == kCrowded) found.push_back(std::move(name));
    }
    return found;
  }();
  return names[number];
}

region::Bytes Wanted::bytes(region::Text which) const {
  const std::string& text = texts[which];
  return {text.empty() ? nullptr : text.data(), static_cast<uint32_t>(text.size())};
}

region::Description Wanted::description() const {
  region::Description all = {
      .kind = kind, .by_mm_cid = by_mm_cid, .cells = cells, .shape = shape, .texts = {}};
  for (uint32_t i = 0; i < region::kTexts; ++i) all.texts[i] = bytes(static_cast<region::Text>(i));
  return all;
}

bool Wanted::has_name_of(const Wanted& other) const {
  return texts[region::kName] == other.texts[region::kName] &&
         texts[region::kLabels] == other.texts[region::kLabels];
}

uint32_t Wanted::units() const {
  size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  return static_cast<uint32_t>((bytes + 63) / 64);
}

DirectoryMemory::DirectoryMemory(bool shared) {
  const region::Layout layout(kSizes);
  if (shared) {
    fd_ = memfd_create("directory", MFD_CLOEXEC);
    if (fd_ < 0 || ftruncate(fd_, static_cast<off_t>(layout.stripes)) != 0) abort();
  }
  control_ = static_cast<char*>(map(layout.stripes, fd_));
  cells_ = static_cast<int64_t*>(map(kCellBytes, -1));
  // Behind the last process's holds: as if the next one held everything.
  const size_t holds = size_t{kSizes.processes} * region::Layout::hold_words(kSizes) * sizeof(uint64_t);
  memset(control_ + layout.holds + holds, 0xff, layout.texts - layout.holds - holds);
  for (uint32_t stripe = 0; stripe <= kStripes; ++stripe) {
    for (size_t i = stripe < kStripes ? kSizes.cells : 0; i < kStride; ++i)
      cells_[stripe * kStride + i] = kNobodys;
  }
}

DirectoryMemory::~DirectoryMemory() {
  munmap(control_, region::Layout(kSizes).stripes);
  munmap(cells_, kCellBytes);
  if (fd_ >= 0) ::close(fd_);
}

region::Directory DirectoryMemory::directory() const {
  region::Directory one = {};
  one.fd = -1;
  if (fd_ >= 0) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd_);
    one.fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    expect(one.fd >= 0, "opened again", one.fd);
  }
  one.set(kSizes, control_);
  one.process = region::kMaxProcesses;
  one.cells = reinterpret_cast<char*>(cells_);
  one.stride = kStride * sizeof(int64_t);
  return one;
}

void DirectoryMemory::leave(const region::Directory& directory) {
  if (directory.fd >= 0) ::close(directory.fd);
}

bool DirectoryMemory::is_locked() const {
  if (fd_ < 0) return false;
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_len = 1;
  expect(fcntl(fd_, kGetLock, &lock) == 0, "asked for a lock");
  return lock.l_type != F_UNLCK;
}

void DirectoryMemory::fill(const region::Directory& directory, uint32_t first, uint32_t count,
                           int64_t value) {
  for (uint32_t stripe = 0; stripe < kStripes; ++stripe)
    for (uint32_t i = 0; i < count; ++i) {
      int64_t* cell = directory.cell(stripe, first + i);
      expect(*cell == 0, "a new one’s cell", *cell);
      *cell = value + stripe;
    }
}

void DirectoryMemory::check_cells(const region::Directory& directory, const std::vector<int64_t>& values) {
  for (uint32_t stripe = 0; stripe < kStripes; ++stripe)
    for (uint32_t i = 0; i < kSizes.cells; ++i) {
      const int64_t expected = values[i] == 0 ? 0 : values[i] + stripe;
      const int64_t found = *directory.cell(stripe, i);
      expect(found == expected, "a cell", found, expected);
    }
}

void DirectoryMemory::check_guards() const {
  for (uint32_t stripe = 0; stripe <= kStripes; ++stripe)
    for (size_t i = stripe < kStripes ? kSizes.cells : 0; i < kStride; ++i) {
      const int64_t found = cells_[stripe * kStride + i];
      expect(found == kNobodys, "a cell beside them", found, kNobodys);
    }
}

void DirectoryMemory::scribble(const region::Directory& directory, Random& random) {
  region::Header& header = *directory.header;
  header.entry_hint = header.cell_hint = header.text_hint = random.word();
  header.entries_used = header.cells_used = random.word();
  for (uint32_t i = 0; i < kSizes.entries; ++i) directory.buckets[i] = random.word();
  for (uint32_t i = 0; i < kSizes.entries / 64; ++i) directory.entry_words[i] = random.word();
  for (uint32_t i = 0; i < kSizes.cells / 64; ++i) directory.cell_words[i] = random.word();
  for (uint32_t i = 0; i < kSizes.text_units / 64; ++i) directory.text_words[i] = random.word();
}

}  // namespace structures
