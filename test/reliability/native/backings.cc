/// Files that are regions, and files that are none.
#include "region/backing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness.h"

namespace structures {
namespace {

namespace backing = rseq::region::backing;
namespace files = std::filesystem;

constexpr region::Sizes kSizes = {
    .stripes = 2, .cells = 8192, .entries = 64, .text_units = 128, .processes = 3};
const uint64_t kTotal = region::Layout(kSizes).total;
const uint64_t kControl = region::Layout(kSizes).stripes;

size_t count_in(const std::string& where) {
  const auto all = files::directory_iterator(where);
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}
size_t open_files() { return count_in("/proc/self/fd"); }

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
  expect(same(header.sizes, kSizes) && same(memory.sizes, kSizes), "its sizes");
  expect(header.nonce == memory.nonce && memory.nonce != 0, "its nonce");
  expect(header.checksum == region::checksum(header), "its checksum");
  for (uint64_t at = sizeof header; at < kControl; ++at)
    if (memory.control[at] != 0) return expect(false, "empty but for that", static_cast<int64_t>(at));
  if (memory.fd < 0) return;
  struct stat status;
  expect(fstat(memory.fd, &status) == 0, "a file");
  expect((status.st_mode & 07777) == 0600, "its mode", status.st_mode & 07777, 0600);
  expect(static_cast<uint64_t>(status.st_size) == kTotal, "its size", status.st_size);
  expect(memory.device == status.st_dev && memory.inode == status.st_ino, "its number");
  expect((fcntl(memory.fd, F_GETFD) & FD_CLOEXEC) != 0, "closed where another program begins");
}

void without_file() {
  backing::Memory one;
  backing::Memory other;
  expect(backing::create_private(kSizes, &one) == 0 && backing::create_private(kSizes, &other) == 0, "two");
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
  expect(backing::create_memfd(kSizes, &memory) == 0 && backing::create_memfd(kSizes, &other) == 0, "memfds");
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
  expect(backing::create_file(path.c_str(), kSizes, &one) == 0, "a file", errno);
  umask(mask);
  expect_header(one);
  expect(one.control_bytes == kControl && rights_of(one.control) == "rw-s", "shared");
  region::Sizes wanted = kSizes;
  wanted.entries = 128;
  expect(backing::create_file(path.c_str(), wanted, &other) == 0, "the same file");
  expect(same(other.sizes, kSizes) && other.nonce == one.nonce && other.inode == one.inode, "as it was made");
  expect(backing::attach(path.c_str(), true, &looked_at) == 0, "looked at");
  expect_header(looked_at);
  expect(looked_at.control_bytes == kTotal && rights_of(looked_at.control) == "r--s", "to be looked at");
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
  expect(ftruncate(fd, static_cast<off_t>(kTotal)) == 0 && pwrite(fd, &header, sizeof header, 0) > 0, "back");
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
  expect_changed(path, 0, "others may read", to_mode(0644));
  expect_changed(path, region::kDamaged, "cut", to_size(kTotal - 1));
  expect_changed(path, region::kDamaged, "longer", to_size(kTotal + 1));
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

int32_t created(const std::string& path) {
  backing::Memory memory;
  errno = 0;
  const int32_t result = backing::create_file(path.c_str(), kSizes, &memory);
  if (result == 0) backing::release(memory);
  return result;
}

/// A file may have the number 0.
void be_first_file(const std::string& path) {
  ::close(STDIN_FILENO);
  backing::Memory memory;
  expect(backing::attach(path.c_str(), false, &memory) == 0 && memory.fd == 0, "the first file", memory.fd);
  backing::release(memory);
  expect(fcntl(0, F_GETFD) == -1 && errno == EBADF, "closed");
}

/// Without address space there is nothing, and no file is left open.
void refuse_memory(const std::string& path) {
  const size_t before = open_files();
  backing::Memory memory;
  struct rlimit bounds;
  getrlimit(RLIMIT_AS, &bounds);
  const struct rlimit none = {.rlim_cur = 4096, .rlim_max = bounds.rlim_max};
  setrlimit(RLIMIT_AS, &none);
  const int32_t not_attached = backing::attach(path.c_str(), false, &memory);
  const int32_t not_made = backing::create_private(kSizes, &memory);
  setrlimit(RLIMIT_AS, &bounds);
  expect(not_attached == region::kNoMemory, "attached without memory", not_attached);
  expect(not_made == region::kNoMemory, "made without memory", not_made);
  expect(open_files() == before, "a file that is left open");
}

/// What cannot be made is not there afterwards, neither whole nor in part.
void fail_to_make() {
  const std::string where = folder() + "/making";
  files::create_directory(where);
  const std::string path = where + "/region";
  const size_t before = open_files();
  expect(created(where + "/none/region") == region::kSystem && errno == ENOENT, "no folder", errno, ENOENT);
  // Under its own name it cannot be made; under another one it can.
  const files::path here = files::current_path();
  files::current_path(where);
  expect(created("") == region::kSystem && errno == ENOENT, "no name", errno, ENOENT);
  files::current_path(here);
  // As long as a path may be, and the name in the making longer.
  std::string longest = path;
  while (longest.size() < PATH_MAX - 2) longest.insert(0, "/");
  expect(created(longest) == region::kSystem && errno == ENAMETOOLONG, "a long name", errno, ENAMETOOLONG);
  files::create_symlink(where + "/nothing", path);
  expect(created(path) == region::kBusy, "a link to nothing");
  files::remove(path);
  struct rlimit bounds;
  getrlimit(RLIMIT_FSIZE, &bounds);
  const struct rlimit less = {.rlim_cur = kTotal - 1, .rlim_max = bounds.rlim_max};
  const struct rlimit enough = {.rlim_cur = kTotal, .rlim_max = bounds.rlim_max};
  setrlimit(RLIMIT_FSIZE, &less);
  const int32_t refused = created(path);
  const int error = errno;
  backing::Memory memory;
  errno = 0;
  const int32_t no_memfd = backing::create_memfd(kSizes, &memory);
  const int memfd_error = errno;
  setrlimit(RLIMIT_FSIZE, &enough);
  const int32_t allowed = created(path);
  setrlimit(RLIMIT_FSIZE, &bounds);
  expect(refused == region::kSystem && error == EFBIG, "larger than a file may be", error, EFBIG);
  expect(no_memfd == region::kSystem && memfd_error == EFBIG, "a memfd larger than that", memfd_error, EFBIG);
  expect(allowed == 0, "as large as a file may be", allowed);
  expect(count_in(where) == 1, "files that are left", static_cast<int64_t>(count_in(where)), 1);
  expect(open_files() == before, "a file that is left open");
  files::remove_all(where);
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
  in_process([&] { be_first_file(path); });
  refuse_memory(path);
  fail_to_make();
  expect(open_files() == before, "a file that is left open");
  unlink(path.c_str());
  operations += 50;
}

}  // namespace structures
