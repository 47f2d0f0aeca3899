#include "region/backing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>

#include "kernel/clock.h"
#include "region/path.h"

namespace rseq::region::backing {
namespace {

constexpr mode_t kMode = 0600;
/// Names that a file in the making is tried under.
constexpr int kTemporaryNames = 100;
constexpr int kMostDigits = 20;

constexpr int kAddSeals = 1033;  // fcntl(2)
constexpr int kSealSeal = 1, kSealShrink = 2, kSealGrow = 4;
constexpr unsigned kAllowSealing = 2, kCloseOnExec = 1;  // memfd_create(2)

int file_status(int fd, struct stat* out) { return static_cast<int>(syscall(SYS_fstat, fd, out)); }

/// Another number each time.
uint64_t random_nonce() {
  uint64_t nonce = 0;
  if (getrandom(&nonce, sizeof nonce, GRND_NONBLOCK) == sizeof nonce) return nonce;
  // Before the kernel's random pool is ready: what differs by process, time and call has to do.
  static uint32_t calls = 0;
  const uint64_t call = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
  const auto process = static_cast<uint64_t>(syscall(SYS_getpid));
  return (process << 32 | call) * UINT64_C(0x9e3779b97f4a7c15) ^ clock::now();
}

Header new_header(const Sizes& sizes, uint64_t nonce) {
  Header header = {};
  header.magic = kMagic;
  header.version = kVersion;
  header.sizes = sizes;
  header.nonce = nonce;
  header.checksum = checksum(header);
  return header;
}

/// Makes an empty file a region.
int32_t fill(int fd, const Sizes& sizes) {
  const Layout layout(sizes);
  struct rlimit64 bounds;
  // Past this bound the kernel would send SIGXFSZ.
  if (syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, nullptr, &bounds) == 0 && layout.total > bounds.rlim_cur) {
    errno = EFBIG;
    return kSystem;
  }
  if (ftruncate(fd, static_cast<off_t>(layout.total)) != 0) return kSystem;
  const Header header = new_header(sizes, random_nonce());
  const ssize_t written = pwrite(fd, &header, sizeof header, 0);
  if (written == sizeof header) return 0;
  if (written >= 0) errno = ENOSPC;
  return kSystem;
}

/// Closes, and leaves errno as it is. @return `result`
int32_t closed(int fd, int32_t result) {
  const int error = errno;
  close(fd);
  errno = error;
  return result;
}

int32_t adopt(int fd, bool read_only, Memory* out) {
  if (const int32_t failed = check(fd, out); failed != 0) return closed(fd, failed);
  const Layout layout(out->sizes);
  out->control_bytes = read_only ? layout.total : layout.stripes;
  const int protection = read_only ? PROT_READ : PROT_READ | PROT_WRITE;
  void* control = mmap(nullptr, out->control_bytes, protection, MAP_SHARED, fd, 0);
  if (control == MAP_FAILED) return closed(fd, kNoMemory);
  madvise(control, out->control_bytes, MADV_NOHUGEPAGE);
  out->control = static_cast<char*>(control);
  return 0;
}

/// An empty file beside `path`, under a name of its own, written to `name`. @return its descriptor, or −1
int open_temporary(const char* path, char* name) {
  const size_t length = strlen(path);
  memcpy(name, path, length + 1);
  for (int i = 0; i < kTemporaryNames; ++i) {
    char* end = name + length;
    *end++ = '.';
    *std::to_chars(end, end + kMostDigits, random_nonce() >> 1).ptr = '\0';
    const int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kMode);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

/// Makes the file, whole, under its name. @return 0 also where somebody else was first, or where it is to be
/// made again
int32_t publish(const char* path, const Sizes& sizes) {
  char temporary[PATH_MAX + 32];
  const int fd = open_temporary(path, temporary);
  if (fd < 0) return kSystem;
  int32_t result = fill(fd, sizes);
  if (result == 0 && (fchmod(fd, kMode) != 0 || (link(temporary, path) != 0 && errno != EEXIST)))
    result = kSystem;
  const int error = errno;
  // Swept away: who leads its service is dead.
  const bool is_swept = unlink(temporary) != 0 && errno == ENOENT;
  if (is_swept && result == kSystem && error == ENOENT) result = 0;
  close(fd);
  errno = error;
  return result;
}

}  // namespace

int32_t check(int fd, Memory* out) {
  struct stat status = {};
  if (file_status(fd, &status) != 0) return kSystem;
  if (!S_ISREG(status.st_mode)) return kNoRegion;
  if (status.st_uid != geteuid()) return kOwner;
  Header header = {};
  if (pread(fd, &header, sizeof header, 0) != sizeof header || header.magic != kMagic) return kNoRegion;
  // Who may only read it could keep its locks from everybody.
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) return kOwner;
  if (header.version != kVersion) return kOtherVersion;
  if (header.checksum != checksum(header) || !header.sizes.valid()) return kDamaged;
  const Layout layout(header.sizes);
  if (static_cast<uint64_t>(status.st_size) != layout.total) return kDamaged;
  out->fd = fd;
  out->sizes = header.sizes;
  out->nonce = header.nonce;
  out->device = status.st_dev;
  out->inode = status.st_ino;
  return 0;
}

int32_t create_private(const Sizes& sizes, Memory* out) {
  const Layout layout(sizes);
  void* control = mmap(nullptr, layout.stripes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (control == MAP_FAILED) return kNoMemory;
  madvise(control, layout.stripes, MADV_NOHUGEPAGE);
  const uint64_t nonce = random_nonce();
  *static_cast<Header*>(control) = new_header(sizes, nonce);
  *out = {
      .fd = -1,
      .sizes = sizes,
      .nonce = nonce,
      .device = 0,
      .inode = 0,
      .control = static_cast<char*>(control),
      .control_bytes = layout.stripes,
  };
  return 0;
}

int32_t create_memfd(const Sizes& sizes, Memory* out) {
  const auto fd = static_cast<int>(syscall(SYS_memfd_create, "rseq", kAllowSealing | kCloseOnExec));
  if (fd < 0) return kSystem;
  int32_t result = fchmod(fd, kMode) == 0 ? fill(fd, sizes) : static_cast<int32_t>(kSystem);
  if (result == 0 && fcntl(fd, kAddSeals, kSealShrink | kSealGrow | kSealSeal) != 0) result = kSystem;
  return result == 0 ? adopt(fd, false, out) : closed(fd, result);
}

int32_t create_file(const char* path, const Sizes& sizes, Memory* out) {
  // Somebody may remove the file between two looks: a few times, not for ever.
  constexpr int kTries = 8;
  for (int i = 0; i < kTries; ++i) {
    const int32_t found = attach(path, false, out);
    if (found != kSystem || errno != ENOENT) return found;
    if (const int32_t failed = publish(path, sizes); failed != 0) return failed;
  }
  return kBusy;
}

int32_t attach(const char* path, bool read_only, Memory* out) {
  // O_NONBLOCK: a FIFO must not make anybody wait.
  const int flags = (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  int fd = open(path, flags | O_NOFOLLOW);
  if (fd < 0 && errno == ELOOP) {
    if (is_users_link(path)) return kLink;
    fd = open(path, flags);
  }
  return fd < 0 ? static_cast<int32_t>(kSystem) : adopt(fd, read_only, out);
}

void release(const Memory& memory) {
  munmap(memory.control, memory.control_bytes);
  if (memory.fd >= 0) close(memory.fd);
}

}  // namespace rseq::region::backing
