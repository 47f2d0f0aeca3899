/// Region files that are swept away: what is kept, and who comes at the same time.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "member.h"
#include "region/lock.h"
#include "region_file.h"
#include "swept.h"
#include "traps.h"

namespace structures {
namespace {

namespace lock = rseq::region::lock;

/// A file that was opened, and is not joined yet.
struct Late {
  explicit Late(const std::string& path) {
    expect(backing::attach(path.c_str(), false, &memory) == 0, "opened", errno);
    directory.fd = memory.fd;
    directory.set(memory.sizes, memory.control);
  }
  ~Late() { backing::release(memory); }
  Late(const Late&) = delete;
  Late& operator=(const Late&) = delete;

  std::string by_number() const { return "/proc/self/fd/" + std::to_string(memory.fd); }

  backing::Memory memory;
  region::Directory directory = {};
};

/// What is somebody's is kept, and what is no region of ours.
void keep(const Path& file) {
  const std::string& path = file.text;
  expect(!sweep(path), "no file");
  create_swept(path);
  const int fd = file.open();
  for (const uint32_t place : {0U, 1U, region::kMaxProcesses - 1}) {
    const int other = file.open();
    expect(lock::take_process(other, place), "a place", place);
    expect_kept(path, "a living process’s");
    ::close(other);
  }
  expect(lock::take_directory(fd, 5000) == 0, "the directory");
  expect_kept(path, "whoever has the lock lives");
  lock::give_directory(fd);
  for (const mode_t mode : {0620U, 0602U}) {
    expect(fchmod(fd, mode) == 0, "a mode", mode);
    expect_kept(path, "others may write to it");
  }
  fchmod(fd, 0600);
  const std::string linked = path + "-link";
  files::create_symlink(path, linked);
  expect(!sweep(linked) && files::is_symlink(linked), "a link to it");
  files::remove(linked);
  file.change([](region::Header& header) { ++header.magic; });
  expect_kept(path, "no region");
  file.change([](region::Header& header) { --header.magic; });
  expect(lock::try_directory(fd), "the lock was given back");
  lock::give_directory(fd);
  // Which byte stands for what, another version may have decided otherwise.
  expect(lock::take_role(fd, 0) == 0, "a role");
  expect_kept(path, "whoever has a role lives");
  ::close(fd);
  expect_swept(path, "never joined");
  expect(mkfifo(path.c_str(), 0600) == 0 && !sweep(path) && inode_of(path) != 0, "a FIFO");
  files::remove(path);
  files::create_directory(path);
  expect(!sweep(path) && inode_of(path) != 0, "a folder");
  files::remove(path);
}

/// Another version's has the same locks: it is kept while one of its processes lives.
void sweep_versions(const Path& file) {
  create_swept(file.text);
  file.change([](region::Header& header) { ++header.version; });
  const int fd = file.open();
  expect(lock::take_process(fd, 0), "a place");
  expect_kept(file.text, "another version’s living process’s");
  ::close(fd);
  expect_swept(file.text, "another version’s");
}

/// Who joined keeps the file; who died does not.
void sweep_after(const std::string& path) {
  auto one = std::make_unique<Member>(path);
  auto other = std::make_unique<Member>(path);
  one.reset();
  expect_kept(path, "one is left");
  other.reset();
  expect_swept(path, "nobody is left");
}

/// Held between opening the file and joining: it is told that the path leads elsewhere by now.
void sweep_before(const std::string& path) {
  create_swept(path);
  Late late(path);
  const auto expect_refused = [&](const char* what) {
    expect_result(late.directory.join(path.c_str()), region::kAbsent, what);
    const int asks = ::open(late.by_number().c_str(), O_RDWR | O_CLOEXEC);
    expect(lock::try_directory(asks) && !lock::is_anybody_alive(asks), "nothing is locked");
    ::close(asks);
    const region::Header& header = *late.directory.header;
    expect(header.process_high == 0 && header.dirty == 0, "nothing was written");
  };
  expect_swept(path, "seen by nobody");
  expect_refused("no file");
  create_swept(path);
  expect_refused("another file");
  expect_swept(path, "the other file");
  expect_result(late.directory.join(late.by_number().c_str()), 0, "by its descriptor");
}

/// Held with the directory's lock.
void sweep_meanwhile(const std::string& path) {
  create_swept(path);
  {
    Late late(path);
    const Trap trap(late.directory.processes, [&] { expect_kept(path, "somebody is joining"); });
    expect_result(late.directory.join(path.c_str()), 0, "joined");
    expect(trap.was_touched(), "while it joined");
    expect_kept(path, "somebody has joined");
  }
  expect_swept(path, "nobody is left");
}

/// Opens the path, between which and joining `change` is made.
/// @return what `open` says
template <typename Open, typename Change>
int32_t open_during(const Path& file, Open open, Change change) {
  create_swept(file.text);
  const int fd = file.open();
  expect(lock::take_directory(fd, 5000) == 0, "the directory");
  const auto openings = [&] {
    const auto all = files::directory_iterator("/proc/self/fd");
    return std::count_if(begin(all), end(all), [&](const files::directory_entry& one) {
      std::error_code failed;
      return files::read_symlink(one, failed) == file.text;
    });
  };
  std::thread thread([&] {
    while (openings() < 2) usleep(1000);
    change();
    lock::give_directory(fd);
  });
  const int32_t result = open();
  thread.join();
  ::close(fd);
  return result;
}

/// Whoever comes by a path ends in the file that it leads to, or is told that there is none.
void come_late(const Path& file) {
  const auto create_it = [&] { return file.create(); };
  const auto attach_it = [&] { return file.attach(false); };
  const auto remove_it = [&] { expect(unlink(file.text.c_str()) == 0, "removed"); };
  const auto replace_it = [&] {
    remove_it();
    create_swept(file.text);
  };
  const auto expect_there = [&](int32_t result, const char* what) {
    const uint32_t number = opened(result, what);
    expect(info_of(number).inode == inode_of(file.text), what);
    expect_kept(file.text, what);
    expect_result(region::close(number), 0, "closed");
    expect_swept(file.text, what);
  };
  expect_there(open_during(file, create_it, remove_it), "made anew");
  expect_there(open_during(file, create_it, replace_it), "made by another one");
  expect_there(open_during(file, attach_it, replace_it), "attached anew");
  errno = 0;
  expect_result(open_during(file, attach_it, remove_it), region::kSystem, "nothing to attach to");
  expect(errno == ENOENT, "no file", errno, ENOENT);
  // Who only looks joins nobody.
  create_swept(file.text);
  const uint32_t looked_at = opened(file.attach(true), "looked at");
  expect_swept(file.text, "looked at");
  expect_result(region::close(looked_at), 0, "closed");
}

}  // namespace

void sweep_files() {
  const size_t before = open_files();
  const Path file("swept");
  keep(file);
  sweep_versions(file);
  sweep_after(file.text);
  sweep_before(file.text);
  sweep_meanwhile(file.text);
  come_late(file);
  expect(open_files() == before, "a file that is left open");
  operations += 50;
}

}  // namespace structures
