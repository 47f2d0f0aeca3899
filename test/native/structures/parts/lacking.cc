/// Backings where something is missing: memory, room for a file, its folder, its name, or standard input.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backed.h"

namespace structures {
namespace {

int32_t created(const std::string& path) {
  backing::Memory memory;
  errno = 0;
  const int32_t result = backing::create_file(path.c_str(), kBackedSizes, &memory);
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
  const int32_t not_made = backing::create_private(kBackedSizes, &memory);
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
  expect(created(path) == region::kLink, "a link to nothing");
  files::remove(path);
  struct rlimit bounds;
  getrlimit(RLIMIT_FSIZE, &bounds);
  const struct rlimit less = {.rlim_cur = kBackedBytes - 1, .rlim_max = bounds.rlim_max};
  const struct rlimit enough = {.rlim_cur = kBackedBytes, .rlim_max = bounds.rlim_max};
  setrlimit(RLIMIT_FSIZE, &less);
  const int32_t refused = created(path);
  const int error = errno;
  backing::Memory memory;
  errno = 0;
  const int32_t no_memfd = backing::create_memfd(kBackedSizes, &memory);
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

void lack() {
  const std::string path = folder() + "/backed";
  const size_t before = open_files();
  expect(created(path) == 0, "a file", errno);
  in_process([&] { be_first_file(path); });
  refuse_memory(path);
  fail_to_make();
  expect(open_files() == before, "a file that is left open");
  unlink(path.c_str());
  operations += 20;
}

}  // namespace structures
