#include "damage.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "objects/counter.h"
#include "objects/histogram.h"
#include "objects/pool.h"
#include "objects/ring.h"
#include "region/owners.h"

namespace structures {
namespace {

constexpr uint32_t kCells = 8192;
constexpr size_t kBlock = 4096;

/// What a number is changed to: bounds of all that is counted here, and their neighbours.
constexpr uint64_t kNumbers[] = {0,
                                 1,
                                 2,
                                 63,
                                 64,
                                 255,
                                 256,
                                 2047,
                                 2048,
                                 2049,
                                 4095,
                                 4096,
                                 8191,
                                 8192,
                                 8193,
                                 65535,
                                 65536,
                                 0x7fffffff,
                                 0x80000000,
                                 0xfffffffe,
                                 0xffffffff,
                                 0x100000000,
                                 1ULL << 53,
                                 1ULL << 62,
                                 1ULL << 63,
                                 ~0ULL,
                                 ~0ULL - 255,
                                 0x7fffff00,
                                 0x10003,
                                 0x3030303030,
                                 0x3ff0000000000000};

/// Makes the file in a process's ordinary way. @return what is in it while everything is open
std::vector<char> make_file(const std::string& path) {
  const int32_t created = region::create_file(path.c_str(), kCells);
  if (created <= 0) abort();
  const auto number = static_cast<uint32_t>(created);
  const Opened all[] = {
      make(number, region::Kind::kCounter, "counter"),
      make(number, region::Kind::kSum, "sum"),
      make(number, region::Kind::kHistogram, "times", 3, {0.5, 100}),
      make(number, region::Kind::kHistogram, "bounds", 0, {1, 2, 5}),
      make(number, region::Kind::kGauge, "gauge"),
      make(number, region::Kind::kPool, "pool", 8),
      make(number, region::Kind::kRing, "ring", ring_shape(3, 3, false)),
      make(number, region::Kind::kRing, "over", ring_shape(2, 2, true)),
      make(number, region::Kind::kCounter, ""),
  };
  rseq::counter::add(all[0].held.id, INT64_C(5));
  rseq::counter::add(all[1].held.id, 0.5);
  for (int i = 0; i < 20; ++i) {
    rseq::histogram::record(all[2].held.id, i * 0.7);
    rseq::histogram::record(all[3].held.id, i);
    rseq::ring::write(all[6].held.id, i, 2, 3, 0);
    rseq::ring::write(all[7].held.id, i, 2, 0, 0);
  }
  rseq::pool::acquire(all[5].held.id, region::owners::thread_word());
  const int from = ::open(path.c_str(), O_RDONLY);
  std::vector<char> bytes(static_cast<size_t>(lseek(from, 0, SEEK_END)));
  if (pread(from, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) abort();
  ::close(from);
  for (const Opened& one : all) close(one);
  region::close(number);
  unlink(path.c_str());
  return bytes;
}

}  // namespace

Image::Image()
    : fd_(memfd_create("rseq-structures", MFD_CLOEXEC)),
      layout_(region::Sizes{}),
      sizes_({}),
      whole_(make_file(folder() + "/image")) {
  // In memory: a disk would be what all the time is spent on. It is a file of a process that has died.
  if (fd_ < 0 || fchmod(fd_, 0600) != 0) abort();
  path_ = "/proc/self/fd/" + std::to_string(fd_);
  region::Header header;
  memcpy(&header, whole_.data(), sizeof header);
  sizes_ = header.sizes;
  layout_ = region::Layout(sizes_);
  for (size_t at = 0; at < whole_.size(); at += kBlock) {
    bool is_zero = true;
    for (size_t i = at; i < at + kBlock && is_zero; ++i) is_zero = whole_[i] == 0;
    if (!is_zero) pages_.push_back(at);
  }
}

Image::~Image() { ::close(fd_); }

void Image::restore() {
  if (ftruncate(fd_, 0) != 0 || ftruncate(fd_, static_cast<off_t>(whole_.size())) != 0) abort();
  for (const size_t at : pages_)
    if (pwrite(fd_, whole_.data() + at, kBlock, static_cast<off_t>(at)) != static_cast<ssize_t>(kBlock))
      abort();
}

/// Most often something that is in use.
size_t Image::place(Random& random) const {
  constexpr uint32_t kEntries = 12;
  const uint64_t parts[] = {layout_.processes,
                            layout_.entry_map,
                            layout_.cell_map,
                            layout_.text_map,
                            layout_.holds,
                            layout_.texts,
                            layout_.stripes,
                            layout_.total - layout_.stripe_bytes,
                            layout_.total - 2 * layout_.stripe_bytes};
  switch (random.below(6)) {
    case 0:
      return random.below(sizeof(region::Header));
    case 1:
    case 2:
      return layout_.entries + random.below(kEntries * sizeof(region::Entry));
    case 3:
      // Buckets that are in use are few: the ones that are not zero.
      return layout_.buckets + random.below(sizes_.entries) * sizeof(uint32_t);
    case 4:
      return parts[random.below(sizeof parts / sizeof *parts)] + random.below(2048);
    default:
      return pages_[random.below(static_cast<uint32_t>(pages_.size()))] + random.below(kBlock);
  }
}

void Image::set(size_t at, uint64_t value, uint32_t bytes) {
  if (at + bytes > whole_.size()) return;
  if (pwrite(fd_, &value, bytes, static_cast<off_t>(at)) != static_cast<ssize_t>(bytes)) abort();
}

void Image::damage(Random& random, bool in_use) {
  const uint32_t how = random.below(32);
  if (how == 0) {
    const uint64_t length = random.below(2) == 0 ? random.below(4) * kBlock : random.below(whole_.size() * 2);
    if (ftruncate(fd_, static_cast<off_t>(length)) != 0) abort();
    return;
  }
  for (uint32_t i = 0; i < 1 + how % 6; ++i) {
    constexpr uint32_t kSizes[] = {1, 2, 4, 4, 4, 8};
    const uint32_t bytes = kSizes[random.below(6)];
    const size_t at = place(random) / bytes * bytes;
    const bool any = random.below(3) == 0;
    const uint64_t value = any ? uint64_t{random.word()} << 32 | random.word()
                               : kNumbers[random.below(sizeof kNumbers / sizeof *kNumbers)];
    set(at, value, bytes);
  }
  // A header that says something else, and is right by its checksum.
  if (!in_use && random.below(2) == 0) {
    region::Header header;
    if (pread(fd_, &header, sizeof header, 0) != sizeof header) return;
    header.checksum = region::checksum(header);
    if (pwrite(fd_, &header, sizeof header, 0) != sizeof header) abort();
  }
}

}  // namespace structures
