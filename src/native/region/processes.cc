// How a process writes itself into a region.
#include "region/format.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace rseq::region {
namespace {

/// Field 22, counted from behind the command's name, which may hold anything, ")" too.
uint64_t start_time() {
  constexpr int kFieldsBefore = 20;  // of fields 3 to 21, and the space before each
  constexpr size_t kMost = 1023;
  char text[kMost + 1] = {};
  const int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const bool is_read = read(fd, text, kMost) > 0;
  close(fd);
  if (!is_read) return 0;
  const char* at = text;
  for (const char* look = text; *look != '\0'; ++look)
    if (*look == ')') at = look;
  for (int fields = 0; *at != '\0' && fields < kFieldsBefore; ++at)
    if (*at == ' ') ++fields;
  uint64_t ticks = 0;
  for (; *at >= '0' && *at <= '9'; ++at) ticks = ticks * 10 + static_cast<uint64_t>(*at - '0');
  return ticks;
}

uint64_t pid_namespace() {
  struct stat found = {};
  // By number: glibc before 2.33 has no symbol for it. Where it fails, nothing is found.
  syscall(SYS_newfstatat, AT_FDCWD, "/proc/self/ns/pid", &found, 0);
  return found.st_ino;
}

}  // namespace

Process this_process() {
  return {
      .pid = static_cast<uint32_t>(syscall(SYS_getpid)),
      .incarnation = 0,
      .start_time = start_time(),
      .pid_namespace = pid_namespace(),
      .reserved_too = 0,
  };
}

}  // namespace rseq::region
