#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "../../native/seccomp.h"
#include "kernel/cpu.h"
#include "metrics/survey.h"
#include "objects/records.h"
#include "objects/shape.h"
#include "objects/slots.h"
#include "region/shared.h"
#include "thread/area.h"

namespace structures {

std::atomic<uint64_t> operations = 0;
std::atomic<uint64_t> violations = 0;

void expect(bool holds, const char* what, int64_t found, int64_t expected) {
  if (holds) return;
  violations.fetch_add(1);
  fprintf(stderr, "violation: %s: %ld, expected %ld\n", what, static_cast<long>(found),
          static_cast<long>(expected));
}

void expect_result(int32_t found, int32_t expected, const char* what) {
  expect(found == expected, what, found, expected);
}

uint32_t Random::word() {
  state_ += 0x6d2b79f5;
  uint32_t t = (state_ ^ (state_ >> 15)) * (1 | state_);
  t = (t + (t ^ (t >> 7)) * (61 | t)) ^ t;
  return t ^ (t >> 14);
}

void on_threads(uint32_t count, const std::function<void(uint32_t)>& work) {
  std::vector<region::Info> open;
  for (uint32_t i = region::kProcess + 1; i < region::kMaxRegions; ++i) {
    region::Info info;
    if (region::info(i, &info)) open.push_back(info);
  }
  const bool sections = has_sections();
  std::vector<std::thread> threads;
  threads.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    threads.emplace_back([&work, &open, sections, i] {
      rseq::area::attach();
      expect(has_sections() == sections, "counts as the thread that started it");
      for (const region::Info& info : open) region::find(info.nonce, info.inode);
      work(i);
      region::end_thread();
      expect(rseq::area::release(), "the thread's last instance");
    });
  }
  for (std::thread& thread : threads) thread.join();
}

void in_process(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    violations = 0;
    work();
    _exit(violations == 0 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a copy of this process", status);
}

pid_t start_again(const std::vector<std::string>& words, const std::vector<std::string>& more) {
  const pid_t child = fork();
  if (child != 0) return child;
  // By its name: under valgrind the link is to that.
  char program[4096] = {};
  if (readlink("/proc/self/exe", program, sizeof program - 1) < 0) _exit(127);
  std::string name = "structures";
  std::vector<std::string> copies = words;
  std::vector<char*> arguments = {name.data()};
  for (std::string& one : copies) arguments.push_back(one.data());
  arguments.push_back(nullptr);
  for (const std::string& one : more) putenv(strdup(one.c_str()));
  execv(program, arguments.data());
  _exit(127);
}

void skip_sleep() {
  // Where there are no filters, five seconds pass.
  for (const int call : {SYS_clock_nanosleep, SYS_nanosleep}) deny_call(call, 0, 0);
}

uint32_t stay_on_last() {
  uint32_t here = rseq::cpu::possible() - 1;
  while (rseq::cpu::stay_on(here) != 0 && here > 0) --here;
  return here;
}

namespace {

uint32_t cells_of(const region::Description& wanted) {
  switch (wanted.kind) {
    case region::Kind::kHistogram:
      return rseq::shape::cells(wanted.shape, wanted.texts[region::kExtra]);
    case region::Kind::kPool:
      return rseq::slots::cells(wanted.shape);
    case region::Kind::kRing:
      return rseq::records::Shape{wanted.shape}.cells();
    default:
      return 1;
  }
}

}  // namespace

Opened make(uint32_t region, region::Kind kind, const std::string& name, uint32_t shape,
            const std::vector<double>& extra) {
  region::Description wanted = {.kind = kind, .by_mm_cid = false, .cells = 1, .shape = shape, .texts = {}};
  wanted.texts[region::kName] = {name.data(), static_cast<uint32_t>(name.size())};
  wanted.texts[region::kExtra] = {extra.data(), static_cast<uint32_t>(extra.size() * sizeof(double))};
  wanted.cells = cells_of(wanted);
  const int32_t entry = region::make(region, wanted);
  Opened opened = {.region = region, .entry = static_cast<uint32_t>(entry), .held = {}};
  const region::Held* held = entry < 0 ? nullptr : region::held(region, opened.entry);
  if (held != nullptr) opened.held = held->constants();
  return opened;
}

void close(const Opened& opened) { region::release(opened.region, opened.entry); }

uint32_t ring_shape(uint32_t log2, uint32_t fields, bool overwrites) {
  return log2 | fields << 5 | (overwrites ? 1U << 19 : 0) | 1U << 20;
}

double number_of(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

const std::string& folder() {
  static const std::string made = [] {
    const char* base = getenv("TMPDIR");
    std::string name = std::string(base != nullptr ? base : "/tmp") + "/rseq-structures-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) abort();
    return name;
  }();
  return made;
}

void remove_folder() { std::filesystem::remove_all(folder()); }

int next_file() {
  const int fd = dup(STDOUT_FILENO);
  ::close(fd);
  return fd;
}

void look(uint32_t number) {
  region::Info info;
  if (!region::info(number, &info)) return;
  const region::Directory& directory = *info.directory;
  std::string texts;
  for (uint32_t i = 0; i < directory.entry_high(); ++i) {
    region::Entry entry;
    if (!directory.copy(i, &entry)) continue;
    texts.resize(region::total_length(entry));
    region::load_shared(texts.data(), directory.text(entry, region::kName).data, texts.size());
    ++operations;
  }
  std::vector<double> numbers;
  survey_all(number, numbers);
}

size_t survey_all(uint32_t number, std::vector<double>& numbers) {
  region::Info info;
  expect(region::info(number, &info), "a region to survey", number);
  for (;;) {
    const size_t count = rseq::survey::read(number, *info.directory, numbers.data(), numbers.size());
    if (count <= numbers.size()) return count;
    numbers.resize(count);
  }
}

void expect_settled(rseq::area::Reason reason, int error, const char* what) {
  using rseq::area::Reason;
  const rseq::area::State& state = rseq::area::settle();
  expect(state.settled && state.reason == reason, what, static_cast<int>(state.reason),
         static_cast<int>(reason));
  expect(state.error == error, "its error", state.error, error);
  const bool is_ok = reason == Reason::kOk;
  expect(state.sections == is_ok && (state.area != nullptr) == is_ok, what);
  expect((static_cast<int32_t>(rseq::abi::load(&rseq::area::current()->cpu_id)) >= 0) == is_ok,
         "where it counts");
}

bool has_sections() { return rseq::area::settle().sections; }

}  // namespace structures
