/// What is read of an entry between any two instructions of its removal: what it said before, or nothing. And
/// of what is left where the removal is cut short there.
#include <string.h>
#include <sys/stat.h>

#include <algorithm>

#include "directory_memory.h"
#include "metrics/survey.h"
#include "objects/counter.h"
#include "objects/histogram.h"
#include "region_file.h"
#include "steps.h"

namespace structures {

#if STRUCTURES_STEPS

namespace {

namespace counter = rseq::counter;
namespace histogram = rseq::histogram;
namespace survey = rseq::survey;
using region::Entry;
using region::Held;
using region::Kind;

using Values = std::vector<double>;

Values values_of(uint32_t number, const Held& held) {
  if (held.kind == Kind::kCounter) return {static_cast<double>(counter::sum_i64(number, held))};
  Values values(histogram::out_size(held));
  histogram::read(number, held, false, values.data());
  return values;
}

bool is_same(const double* found, const Values& expected) {
  return memcmp(found, expected.data(), expected.size() * sizeof(double)) == 0;
}

/// What a file holds, without the pages of zeros.
class Left {
 public:
  explicit Left(int fd) {
    struct stat status = {};
    expect(fstat(fd, &status) == 0, "a file's length");
    length_ = status.st_size;
    std::vector<char> page(kPage);
    for (off_t at = 0; at < length_; at += kPage) {
      expect(pread(fd, page.data(), kPage, at) == kPage, "read");
      if (std::any_of(page.begin(), page.end(), [](char byte) { return byte != 0; }))
        pages_.emplace_back(at, page);
    }
  }

  void write_to(const Path& path) const {
    const int fd = ::open(path.text.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    expect(ftruncate(fd, length_) == 0, "as long");
    for (const auto& [at, page] : pages_) expect(pwrite(fd, page.data(), kPage, at) == kPage, "written");
    ::close(fd);
  }

 private:
  static constexpr off_t kPage = 4096;
  off_t length_;
  std::vector<std::pair<off_t, std::vector<char>>> pages_;
};

/// A drained object, which the calling thread has open to count in, and to look at.
class Removed {
 public:
  Removed(Kind kind, const std::string& name)
      : name_(name), opened_(make(file_.number, kind, name, 0, bounds_of(kind))) {
    for (const int times : {1000, 5}) {
      for (int i = 0; i < times; ++i) add(i % 4);
      if (times == 1000) drain();
    }
    before_ = values_of(file_.number, opened_.held);
    numbers_.resize(survey::kFirst + size_t{survey::kHead} + before_.size());
    const int32_t looked =
        region::adopt(file_.looked_at, kind, false, opened_.entry, opened_.held.generation);
    expect_result(looked, static_cast<int32_t>(opened_.entry), "looked at");
  }
  ~Removed() { region::release(file_.looked_at, opened_.entry); }
  Removed(const Removed&) = delete;
  Removed& operator=(const Removed&) = delete;

  void remove() {
    uint32_t seen = 0;
    uint32_t stops = 0;
    in_steps([&] { close(opened_); },
             [&] {
               ++stops;
               seen += is_surveyed(file_.number) + is_surveyed(file_.looked_at) + is_read(file_.looked_at);
               keep_if_changed();
             });
    expect(seen > 30 && seen < 3 * stops - 30, "seen until it was removed", seen, stops);
    expect(!is_surveyed(file_.number) && !is_read(file_.looked_at), "and then gone");
    expect(left_.size() > 8, "states that a removal can leave", static_cast<int64_t>(left_.size()));
    operations += stops;
  }

  /// As who comes next finds it: who only looks on, and then who makes it whole.
  void repair() {
    uint32_t whole = 0;
    for (const Left& left : left_) {
      const Path path("cut short");
      left.write_to(path);
      const uint32_t looking = opened(path.attach(true), "attached to look on");
      const uint32_t which = opened_.entry;
      const bool is_live = is_surveyed(looking);
      const int32_t found = region::adopt(looking, opened_.held.kind, false, which, opened_.held.generation);
      expect_result(found, is_live ? static_cast<int32_t>(which) : static_cast<int32_t>(region::kAbsent),
                    "by its number");
      if (found >= 0) expect(is_read(looking), "read");
      const uint32_t next = opened(path.attach(false), "attached");
      // Nobody lives who holds it: what is nameless is gone, a name is what it was.
      const bool stays = is_live && !name_.empty();
      expect(is_surveyed(next) == stays && is_surveyed(looking) == stays, "made whole", is_live);
      if (found >= 0) expect(is_read(looking) == stays, "read when it is whole");
      if (found >= 0) region::release(looking, which);
      expect_zeros(next);
      region::close(next);
      region::close(looking);
      whole += stays ? 1 : 0;
    }
    expect((whole != 0) == !name_.empty() && whole < left_.size(), "names that stayed", whole);
  }

 private:
  static std::vector<double> bounds_of(Kind kind) {
    return kind == Kind::kHistogram ? std::vector<double>{1, 2} : std::vector<double>{};
  }

  void add(int i) const {
    if (opened_.held.kind == Kind::kHistogram) histogram::record(opened_.held.id, i / 2.0);
    if (opened_.held.kind == Kind::kCounter) counter::add(opened_.held.id, INT64_C(1));
  }

  void drain() const {
    Values out(16);
    if (opened_.held.kind == Kind::kHistogram)
      histogram::read(file_.number, opened_.held, true, out.data());
    else
      counter::drain_i64(file_.number, opened_.held);
  }

  /// Whether it is in a survey, as it was.
  bool is_surveyed(uint32_t number) {
    region::Info info;
    expect(region::info(number, &info), "a region");
    const size_t count = survey::read(number, *info.directory, numbers_.data(), numbers_.size());
    if (count == survey::kFirst) return false;
    const double* head = numbers_.data() + survey::kFirst;
    expect(count == numbers_.size() && head[survey::kEntry] == opened_.entry, "one entry");
    expect(head[survey::kGeneration] == opened_.held.generation, "its generation");
    const double* values = head + survey::kHead;
    if (!is_same(values, before_)) expect(false, "a survey's value", static_cast<int64_t>(*values));
    return true;
  }

  /// Whether it can be read, as it was.
  bool is_read(uint32_t number) const {
    const Values none;
    const Values found = region::read(number, opened_.entry, none,
                                      [number](const Held& held) { return values_of(number, held); });
    if (found.empty()) return false;
    if (!is_same(found.data(), before_)) expect(false, "a value", static_cast<int64_t>(found[0]));
    return true;
  }

  /// The next owner of these cells finds zeros.
  void expect_zeros(uint32_t number) const {
    const Opened next = make(number, opened_.held.kind, "next", 0, bounds_of(opened_.held.kind));
    const Values found = values_of(number, next.held);
    // Extremes of nothing are none.
    for (const double one : found) expect(one == 0 || one != one, "a next one's cells");
    close(next);
  }

  /// Keeps the file as it is, where the last instruction has changed something of the entry's.
  void keep_if_changed() {
    const region::Header& header = *file_.directory->header;
    std::vector<int64_t> now = {header.dirty, header.entries_used, header.cells_used,
                                file_.is_held(opened_.entry)};
    const Entry& entry = file_.entry(opened_.entry);
    now.push_back(entry.state);
    now.push_back(entry.generation);
    for (uint32_t stripe = 0; stripe < region::stripes_of(file_.number) + 2; ++stripe)
      for (uint32_t i = 0; i < opened_.held.cells; ++i)
        now.push_back(*region::cell_of(file_.number, opened_.held, stripe, i));
    if (now == last_) return;
    last_ = std::move(now);
    left_.emplace_back(region::descriptor(file_.number));
  }

  RegionFile file_;
  std::string name_;
  Opened opened_;
  Values before_;
  Values numbers_;
  std::vector<int64_t> last_;
  std::vector<Left> left_;
};

}  // namespace

void remove_alone() {
  on_threads(1, [](uint32_t) {
    stay_on_last();
    for (const Kind kind : {Kind::kCounter, Kind::kHistogram}) {
      for (const char* name : {"named", ""}) {
        Removed one(kind, name);
        one.remove();
        one.repair();
      }
    }
  });
}

#else

void remove_alone() {}

#endif

}  // namespace structures
