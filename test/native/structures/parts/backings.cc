/// Files that are regions, and files that are none.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "backed.h"

namespace structures {
namespace {

const uint64_t kControl = region::Layout(kBackedSizes).stripes;

bool same(const region::Sizes& a, const region::Sizes& b) { return memcmp(&a, &b, sizeof a) == 0; }

/// The rights of a mapping, as the kernel lists them.
std::string rights_of(const char* address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long from = 0;
    unsigned long to = 0;
    char rights[5] = {};
    if (sscanf(line.c_str(), "%lx-%lx %4s", &from, &to, rights) != 3) continue;
    const auto at = reinterpret_cast<unsigned long>(address);
    if (at >= from && at < to) return rights;
  }
  return "none";
}

void expect_header(const backing::Memory& memory) {
  region::Header header;
  memcpy(&header, memory.control, sizeof header);
  expect(header.magic == region::kMagic && header.version == 1, "what it is");
  expect(same(header.sizes, kBackedSizes) && same(memory.sizes, kBackedSizes), "its sizes");
  expect(header.nonce == memory.nonce && memory.nonce != 0, "its nonce");
  expect(header.checksum == region::checksum(header), "its checksum");
  for (uint64_t at = sizeof header; at < kControl; ++at)
    if (memory.control[at] != 0) return expect(false, "empty but for that", static_cast<int64_t>(at));
  if (memory.fd < 0) return;
  struct stat status;
  expect(fstat(memory.fd, &status) == 0, "a file");
  expect((status.st_mode & 07777) == 0600, "its mode", status.st_mode & 07777, 0600);
  expect(static_cast<uint64_t>(status.st_size) == kBackedBytes, "its size", status.st_size);
  expect(memory.device == status.st_dev && memory.inode == status.st_ino, "its number");
  expect((fcntl(memory.fd, F_GETFD) & FD_CLOEXEC) != 0, "closed where another program begins");
}

void without_file() {
  backing::Memory one;
  backing::Memory other;
  expect(
      backing::create_private(kBackedSizes, &one) == 0 && backing::create_private(kBackedSizes, &other) == 0,
      "two");
  expect_header(one);
  expect(one.nonce != other.nonce, "they are told apart");
  expect(one.fd == -1 && one.device == 0 && one.inode == 0 && one.control_bytes == kControl, "no file");
  expect(rights_of(one.control) == "rw-p", "of this process alone");
  backing::release(one);
  backing::release(other);
  expect(rights_of(one.control) == "none", "let go of");
}

/// Nobody can take it from under those who have it.
void sealed() {
  constexpr int kGetSeals = 1034;
  backing::Memory memory;
  backing::Memory other;
  expect(
      backing::create_memfd(kBackedSizes, &memory) == 0 && backing::create_memfd(kBackedSizes, &other) == 0,
      "memfds");
  expect_header(memory);
  expect(memory.nonce != other.nonce, "they are told apart");
  backing::release(other);
  expect(fcntl(memory.fd, kGetSeals) == 7, "its seals", fcntl(memory.fd, kGetSeals), 7);
  expect(ftruncate(memory.fd, 4096) != 0 && ftruncate(memory.fd, 1 << 24) != 0, "its size is for ever");
  backing::release(memory);
}

void with_file(const std::string& path) {
  backing::Memory one;
  backing::Memory other;
  backing::Memory looked_at;
  const mode_t mask = umask(0777);
  expect(backing::create_file(path.c_str(), kBackedSizes, &one) == 0, "a file", errno);
  umask(mask);
  expect_header(one);
  expect(one.control_bytes == kControl && rights_of(one.control) == "rw-s", "shared");
  region::Sizes wanted = kBackedSizes;
  wanted.entries = 128;
  expect(backing::create_file(path.c_str(), wanted, &other) == 0, "the same file");
  expect(same(other.sizes, kBackedSizes) && other.nonce == one.nonce && other.inode == one.inode,
         "as it was made");
  expect(backing::attach(path.c_str(), true, &looked_at) == 0, "looked at");
  expect_header(looked_at);
  expect(looked_at.control_bytes == kBackedBytes && rights_of(looked_at.control) == "r--s",
         "to be looked at");
  reinterpret_cast<region::Header*>(one.control)->dirty = 77;
  expect(reinterpret_cast<region::Header*>(looked_at.control)->dirty == 77, "the same memory");
  for (const backing::Memory& memory : {one, other, looked_at}) backing::release(memory);
}

int32_t attached(const std::string& path) {
  backing::Memory memory;
  const int32_t result = backing::attach(path.c_str(), false, &memory);
  if (result == 0) backing::release(memory);
  return result;
}

template <typename Work>
void expect_changed(const std::string& path, int32_t expected, const char* what, const Work& work) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  region::Header header;
  expect(pread(fd, &header, sizeof header, 0) == sizeof header, "read");
  region::Header changed = header;
  work(fd, changed);
  expect(pwrite(fd, &changed, sizeof changed, 0) == sizeof changed, "written");
  const size_t before = open_files();
  const int32_t found = attached(path);
  expect(found == expected, what, found, expected);
  expect(open_files() == before, "a file that is left open");
  fchmod(fd, 0600);
  expect(ftruncate(fd, static_cast<off_t>(kBackedBytes)) == 0 && pwrite(fd, &header, sizeof header, 0) > 0,
         "back");
  ::close(fd);
}

/// What is no region, or not to be believed, is said.
void refuse(const std::string& path) {
  using region::Header;
  const auto to_mode = [&](mode_t mode) { return [mode](int fd, Header&) { fchmod(fd, mode); }; };
  const auto to_size = [&](uint64_t size) {
    return [size](int fd, Header&) { expect(ftruncate(fd, static_cast<off_t>(size)) == 0, "cut"); };
  };
  expect_changed(path, 0, "nothing is changed", [](int, Header&) {});
  expect_changed(path, region::kOwner, "a group may write", to_mode(0620));
  expect_changed(path, region::kOwner, "others may write", to_mode(0602));
  expect_changed(path, region::kOwner, "a group may read", to_mode(0640));
  expect_changed(path, region::kOwner, "others may read", to_mode(0644));
  expect_changed(path, region::kOwner, "others may run it", to_mode(0601));
  expect_changed(path, 0, "nobody may write", to_mode(0400));
  expect_changed(path, region::kDamaged, "cut", to_size(kBackedBytes - 1));
  expect_changed(path, region::kDamaged, "longer", to_size(kBackedBytes + 1));
  expect_changed(path, region::kNoRegion, "another magic", [](int, Header& header) { ++header.magic; });
  expect_changed(path, region::kOtherVersion, "another version", [](int, Header& header) {
    ++header.version;
    header.checksum = region::checksum(header);
  });
  expect_changed(path, region::kDamaged, "another checksum", [](int, Header& header) { ++header.checksum; });
  expect_changed(path, region::kDamaged, "another nonce", [](int, Header& header) { ++header.nonce; });
  expect_changed(path, region::kDamaged, "sizes that are none", [](int, Header& header) {
    header.sizes.processes = 0;
    header.checksum = region::checksum(header);
  });
  expect_changed(path, region::kDamaged, "sizes that are another file's", [](int, Header& header) {
    header.sizes.stripes = 3;
    header.checksum = region::checksum(header);
  });
}

void refuse_others() {
  const std::string none = folder() + "/none";
  const size_t before = open_files();
  errno = 0;
  expect(attached(none) == region::kSystem && errno == ENOENT, "no file", errno, ENOENT);
  errno = 0;
  expect(attached("/dev/null") == region::kNoRegion, "a device");
  expect(mkfifo(none.c_str(), 0600) == 0 && attached(none) == region::kNoRegion, "a FIFO");
  backing::Memory memory;
  expect(backing::attach(none.c_str(), true, &memory) == region::kNoRegion, "a FIFO to be looked at");
  unlink(none.c_str());
  {
    const std::ofstream empty(none);
  }
  chmod(none.c_str(), 0600);
  expect(attached(none) == region::kNoRegion, "an empty file");
  expect(truncate(none.c_str(), sizeof(region::Header) - 1) == 0 && attached(none) == region::kNoRegion,
         "short");
  unlink(none.c_str());
  expect(open_files() == before, "a file that is left open");
}

}  // namespace

void back_regions() {
  const std::string path = folder() + "/backed";
  const size_t before = open_files();
  without_file();
  sealed();
  with_file(path);
  refuse(path);
  refuse_others();
  expect(open_files() == before, "a file that is left open");
  unlink(path.c_str());
  operations += 30;
}

}  // namespace structures
