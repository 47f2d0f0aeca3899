/// Region files that are replaced, or swept away, between any two system calls of who opens, makes or sweeps
/// them.
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "region/lock.h"
#include "region_file.h"
#include "steps.h"
#include "swept.h"

namespace structures {

#if STRUCTURES_STEPS

namespace {

namespace lock = rseq::region::lock;

/// `open`, with a change after each of its system calls.
template <typename Open, typename Change>
int32_t open_beside(Open open, Change change) {
  int32_t result = 0;
  in_steps([&] { result = open(); },
           [&] {
             const int error = errno;
             if (was_call()) change();
             errno = error;
           });
  return result;
}

/// There is an end to opening what is replaced each time.
void come_for_ever(const Path& file) {
  create_swept(file.text);
  const int32_t result = open_beside([&] { return file.attach(false); },
                                     [&] {
                                       unlink(file.text.c_str());
                                       create_swept(file.text);
                                     });
  expect(result == region::kBusy && errno == EAGAIN, "replaced each time", result, region::kBusy);
  expect_swept(file.text, "nobody’s");
}

/// What is removed is the file that was looked at.
void replace_swept(const Path& file) {
  create_swept(file.text);
  uint32_t calls = 0;
  int32_t other = 0;
  const int32_t swept = open_beside([&] { return sweep(file.text) ? 1 : 0; },
                                    [&] {
                                      if (calls++ > 0) return;
                                      unlink(file.text.c_str());
                                      other = file.create();
                                    });
  expect(swept == 0 && calls > 5, "it leads to another one", calls);
  expect(info_of(opened(other, "another one")).inode == inode_of(file.text), "which is still there");
  expect_result(region::close(static_cast<uint32_t>(other)), 0, "closed");
  expect_swept(file.text, "nobody’s");
}

/// A process that was being started meanwhile has the file too: the lock is given back all the same.
void start_meanwhile(const Path& file) {
  create_swept(file.text);
  const int other = file.open();
  expect(lock::take_process(other, 0), "a living process");
  pid_t child = 0;
  const int32_t swept = open_beside([&] { return sweep(file.text) ? 1 : 0; },
                                    [&] {
                                      if (child != 0) return;
                                      child = fork();
                                      while (child == 0) pause();
                                    });
  expect(swept == 0 && child > 0, "started");
  expect(lock::try_directory(other), "the lock was given back");
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  ::close(other);
  expect_swept(file.text, "nobody is left");
}

/// A file in the making is litter to who sweeps; whoever makes it makes another one.
void sweep_makings() {
  const std::string where = folder() + "/makings";
  const std::string path = where + "/region";
  backing::Memory memory;
  uint32_t removed = 0;
  const auto make_beside = [&](uint32_t times) {
    removed = 0;
    files::create_directory(where);
    return open_beside([&] { return backing::create_file(path.c_str(), kBackedSizes, &memory); },
                       [&] {
                         if (removed == times || !files::exists(where)) return;
                         for (const files::directory_entry& one : files::directory_iterator(where)) {
                           if (one.path() == path) continue;
                           files::remove(one);
                           ++removed;
                         }
                       });
  };
  expect_result(make_beside(3), 0, "made in the end");
  expect(removed == 3 && count_in(where) == 1 && inode_of(path) == memory.inode, "one file", removed, 3);
  backing::release(memory);
  files::remove(path);
  expect_result(make_beside(1000), region::kBusy, "swept away each time");
  expect(removed == 8 && count_in(where) == 0, "no file", removed, 8);
  errno = 0;
  const int32_t nowhere =
      open_beside([&] { return backing::create_file(path.c_str(), kBackedSizes, &memory); },
                  [&] {
                    if (files::exists(where) && count_in(where) > 0) files::remove_all(where);
                  });
  expect(nowhere == region::kSystem && errno == ENOENT, "no folder", errno, ENOENT);
}

}  // namespace

void replace_files() {
  if (!has_sections()) return;
  const size_t before = open_files();
  const Path file("replaced");
  come_for_ever(file);
  replace_swept(file);
  start_meanwhile(file);
  sweep_makings();
  expect(open_files() == before, "a file that is left open");
  operations += 20;
}

#else

void replace_files() {}

#endif

}  // namespace structures
