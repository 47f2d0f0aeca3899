/// How a process writes itself down in a region: by what /proc says of it.
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "harness.h"
#include "region/format.h"

namespace structures {
namespace {

/// Until the ticks since the system began have such a digit: what a process that begins then says of itself.
void wait_for_digit(char digit) {
  constexpr long kNanoseconds = 1'000'000'000;
  const long each = sysconf(_SC_CLK_TCK);
  for (int i = 0; i < 2000; ++i) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    const std::string ticks = std::to_string(now.tv_sec * each + now.tv_nsec / (kNanoseconds / each));
    if (ticks.find(digit) != std::string::npos) return;
    usleep(1000);
  }
}

/// By its number of lines and fields: field 22 of /proc/self/stat, whatever the command is called.
void expect_self() {
  char name[16] = {};
  prctl(PR_GET_NAME, name);
  for (const char* called :
       std::initializer_list<const char*>{name, "a) (b) 1 2 3)", ") 9 9 9 9 9 9", "(((("}) {
    prctl(PR_SET_NAME, called);
    std::ifstream file("/proc/self/stat");
    std::stringstream text;
    text << file.rdbuf();
    std::istringstream fields(text.str().substr(text.str().rfind(')') + 1));
    std::string field;
    for (int i = 3; i <= 22; ++i) fields >> field;
    const region::Process found = region::this_process();
    expect(found.start_time != 0 && std::to_string(found.start_time) == field, "when it began",
           static_cast<int64_t>(found.start_time), atol(field.c_str()));
    struct stat status;
    expect(stat("/proc/self/ns/pid", &status) == 0 && found.pid_namespace == status.st_ino, "its namespace");
    expect(found.pid == static_cast<uint32_t>(getpid()) && found.incarnation == 0, "its ID", found.pid);
    expect(found.reserved_too == 0, "what is reserved");
  }
  prctl(PR_SET_NAME, name);
}

/// Where its files have the first number, and where there are none.
void expect_less() {
  const region::Process whole = region::this_process();
  expect(next_file() == next_file(), "files");
  const int before = next_file();
  region::this_process();
  expect(next_file() == before, "a file that is left open", next_file(), before);
  ::close(STDIN_FILENO);
  const region::Process first = region::this_process();
  expect(first.start_time == whole.start_time && first.pid_namespace == whole.pid_namespace, "as before");
  if (chroot(folder().c_str()) != 0) return;  // who may not do that has /proc
  const region::Process none = region::this_process();
  expect(none.start_time == 0 && none.pid_namespace == 0, "what nobody says");
  expect(none.pid == whole.pid, "its ID");
}

}  // namespace

void write_down() {
  expect_self();
  in_process(expect_less);
  for (const char digit : {'0', '9'}) {
    wait_for_digit(digit);
    in_process(expect_self);
  }
  operations += 10;
}

}  // namespace structures
