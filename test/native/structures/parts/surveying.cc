/// Surveys and numbers of a region while others make entries, or repair.
#include "harness.h"
#include "metrics/survey.h"
#include "region_file.h"
#include "steps.h"

namespace structures {

#if STRUCTURES_STEPS

namespace {

namespace survey = rseq::survey;
using region::Kind;

/// Whether an entry is in a survey of that length.
bool has(const std::vector<double>& numbers, size_t length, uint32_t entry) {
  for (size_t at = survey::kFirst; at < length;) {
    if (numbers[at + survey::kEntry] == entry) return true;
    at += survey::kHead + static_cast<size_t>(numbers[at + survey::kValues]);
  }
  return false;
}

/// One is made, in the place before an old one's, in the midst of a survey that has room for one.
void make_beside(uint32_t seed) {
  const RegionFile file;
  const Opened before = make(file.number, Kind::kCounter, "");
  const Opened old = make(file.number, Kind::kCounter, "old");
  close(before);
  region::Description wanted = {
      .kind = Kind::kCounter, .by_mm_cid = false, .cells = 1, .shape = 0, .texts = {}};
  wanted.texts[region::kName] = {"new", 3};
  std::vector<double> numbers;
  numbers.reserve(100);
  int32_t made = -1;
  with_change_at_each(
      "a survey beside makers",
      [&] {
        if (made >= 0) region::release(file.number, static_cast<uint32_t>(made));
        made = -1;
        numbers.resize(survey::kFirst + survey::kHead + 1);
      },
      [&] {
        const size_t length = survey_all(file.number, numbers);
        if (!has(numbers, length, old.entry)) expect(false, "an old one is left out", made);
      },
      [&] { made = region::make(file.number, wanted); }, {32, seed});
  if (made >= 0) region::release(file.number, static_cast<uint32_t>(made));
  close(old);
}

/// What is used of a region is never less than that, while somebody makes it whole.
void repair_beside() {
  const RegionFile file;
  std::vector<Opened> all;
  for (uint32_t i = 0; i < 5; ++i) all.push_back(make(file.number, Kind::kHistogram, "", 0, {1, 2, 3}));
  const region::Info before = info_of(file.number);
  file.directory->header->dirty = 1;
  uint32_t steps = 0;
  in_steps([&] { file.open(Kind::kCounter, "none of that name"); },
           [&] {
             ++steps;
             region::Info now;
             const bool is_same = region::info(file.looked_at, &now) &&
                                  now.entries_used == before.entries_used &&
                                  now.cells_used == before.cells_used;
             if (!is_same) expect(false, "what is used", now.entries_used, before.entries_used);
           });
  expect(file.directory->header->dirty == 0 && steps > 1000, "repaired", steps);
  operations += steps;
  for (const Opened& one : all) close(one);
}

}  // namespace

void survey_beside(const Round& round) {
  on_threads(1, [&round](uint32_t) {
    make_beside(round.seed);
    repair_beside();
  });
}

#else

void survey_beside(const Round&) {}

#endif

}  // namespace structures
