/// Locks between processes, as open file descriptions have them.
#include "region/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "harness.h"

namespace structures {
namespace {

namespace lock = rseq::region::lock;

constexpr uint32_t kLast = region::kMaxProcesses - 1;
constexpr int kNone = -1;

/// One more open file description of the same file: to the kernel, another process.
class Description {
 public:
  explicit Description(const std::string& path, int flags = O_RDWR)
      : fd(::open(path.c_str(), flags | O_CREAT | O_CLOEXEC, 0600)) {
    expect(fd >= 0, "a file", errno);
  }
  ~Description() { ::close(fd); }
  Description(const Description&) = delete;
  Description& operator=(const Description&) = delete;

  const int fd;
};

/// What another description has locked: its first byte and how many, as text.
std::string locked(const Description& asks, off_t from) {
  constexpr int kGetLock = 36;
  struct flock found = {};
  found.l_type = F_WRLCK;
  found.l_whence = SEEK_SET;
  found.l_start = from;
  expect(fcntl(asks.fd, kGetLock, &found) == 0, "asked", errno);
  if (found.l_type == F_UNLCK) return "nothing";
  return std::to_string(found.l_start) + "+" + std::to_string(found.l_len);
}

void expect_locked(const Description& asks, off_t from, const char* expected) {
  const std::string found = locked(asks, from);
  if (found == expected) return;
  fprintf(stderr, "locked from %ld on: %s, not %s\n", static_cast<long>(from), found.c_str(), expected);
  expect(false, "another byte is locked");
}

/// Each lock is a byte of its own, the same in every process of every version.
void lock_bytes(const Description& one, const Description& other) {
  expect_locked(other, 0, "nothing");
  expect(lock::take_directory(one.fd, 5000) == 0, "the directory");
  expect_locked(other, 0, "0+1");
  expect_locked(other, 1, "nothing");
  lock::give_directory(one.fd);
  expect_locked(other, 0, "nothing");
  for (const uint32_t process : {0U, 1U, kLast}) {
    expect(!lock::is_alive(other.fd, process), "nobody's slot", process);
    expect(lock::take_process(one.fd, process), "a slot", process);
    expect(!lock::take_process(other.fd, process), "the same slot", process);
    expect(lock::is_alive(other.fd, process), "its process", process);
  }
  expect_locked(other, 0, "1+2");
  expect_locked(other, 3, "1024+1");
  expect_locked(other, 1025, "nothing");
  expect(!lock::is_alive(other.fd, 2) && !lock::is_alive(other.fd, kLast - 1), "slots beside");
  for (const uint32_t role : {0U, 31U}) {
    expect(lock::take_role(one.fd, role) == 0, "a role", role);
    const int error = lock::take_role(other.fd, role);
    expect(error == EAGAIN || error == EACCES, "the same role", error);
  }
  expect_locked(other, 1025, "1024+2");  // beside the last slot
  expect_locked(other, 1026, "1056+1");
  lock::give_role(one.fd, 0);
  expect_locked(other, 1025, "1056+1");
  expect(lock::take_role(other.fd, 0) == 0, "a role that was given back");
  lock::give_role(one.fd, 31);
  expect_locked(other, 1026, "nothing");
  expect(lock::take_role(one.fd, 30) == 0, "another role");
}

/// Where nobody else can have the region there is nothing to lock, and nobody else alive; what cannot be
/// asked counts as alive.
void lock_without(const std::string& path) {
  expect(lock::take_directory(kNone, 5000) == 0 && lock::take_process(kNone, 0) &&
             lock::take_role(kNone, 0) == 0,
         "locks of nobody else's");
  expect(!lock::is_alive(kNone, 0), "somebody else");
  errno = 0;
  lock::give_directory(kNone);
  lock::give_role(kNone, 0);
  expect(errno == 0, "given back without a file", errno);
  const Description read_only(path, O_RDONLY);
  expect(lock::take_directory(read_only.fd, 5000) == EBADF, "the directory of a file to be read");
  expect(lock::take_role(read_only.fd, 0) == EBADF, "a role of a file to be read");
  expect(!lock::take_process(read_only.fd, 0), "a slot of a file to be read");
  expect(!lock::is_alive(read_only.fd, 5), "a slot looked at");
  int pipes[2];
  if (pipe(pipes) != 0) abort();
  ::close(pipes[0]);
  ::close(pipes[1]);
  expect(lock::is_alive(pipes[0], 5), "what cannot be asked");
}

/// A file may have the number 0.
void lock_first_file(const std::string& path) {
  const Description other(path);
  ::close(STDIN_FILENO);
  const Description first(path);
  expect(first.fd == 0, "the first file", first.fd);
  expect(lock::take_directory(0, 5000) == 0, "the directory");
  expect_locked(other, 0, "0+1");
  lock::give_directory(0);
  expect_locked(other, 0, "nothing");
  expect(lock::take_process(0, 2) && lock::take_role(0, 4) == 0, "a slot and a role");
  expect_locked(other, 0, "3+1");
  expect_locked(other, 4, "1029+1");
  lock::give_role(0, 4);
  expect_locked(other, 4, "nothing");
  expect(lock::take_process(other.fd, 7) && lock::is_alive(0, 7), "somebody else");
}

/// Waits for who has it, and no longer.
void wait_for(const Description& one, const Description& other) {
  constexpr int kTurns = 3;
  constexpr double kLongest = 0.5;
  std::atomic<bool> given = false;
  double quickest = kLongest;
  for (int i = 0; i < kTurns; ++i) {
    expect(lock::take_directory(one.fd, 5000) == 0, "the directory");
    given = false;
    const auto began = std::chrono::steady_clock::now();
    std::thread thread([&] {
      const int error = lock::take_directory(other.fd, 5000);
      expect(error == 0 && given, "taken from who had it", error);
      lock::give_directory(other.fd);
    });
    usleep(static_cast<useconds_t>(i * 4000));
    given = true;
    lock::give_directory(one.fd);
    thread.join();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    quickest = std::min(quickest, took.count());
  }
  expect(quickest < kLongest, "as quick as that once");
}

/// Who never gives the directory up does not stop everybody else for good.
void give_up(const std::string& path) {
  const Description one(path);
  const Description other(path);
  expect(lock::take_directory(one.fd, 5000) == 0, "the directory");
  const int error = lock::take_directory(other.fd, 100);
  expect(error == EAGAIN || error == EACCES, "somebody else's for long", error);
}

}  // namespace

void take_locks() {
  const std::string path = folder() + "/locks";
  {
    const Description one(path);
    const Description other(path);
    lock_bytes(one, other);
    lock_without(path);
    wait_for(one, other);
  }
  const Description next(path);
  expect_locked(next, 0, "nothing");
  in_process([&] { lock_first_file(path); });
  in_process([&] { give_up(path); });
  unlink(path.c_str());
  operations += 30;
}

}  // namespace structures
