/// structures SECONDS [SEED]         all parts, again and again, on threads and in processes
/// structures damaged COUNT SEED     damaged region files
/// structures protocols COUNT SEED   races between what changes a region and what reads it; see protocols.h
/// structures mistake NAME           a deliberate mistake, which the sanitizer has to report
/// structures child FILE NUMBER      a process of the first one's
/// structures bus HANDLER            … that a signal ends
/// structures refusal CASE           … to whom the kernel refuses something
///
/// The last line is JSON: { rounds, operations, violations, sections }, or of races each one's figures. Exit
/// status 1: something did not hold.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bugs.h"
#include "harness.h"
#include "protocols.h"
#include "thread/area.h"

namespace {

using structures::Round;

double now() {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

uint32_t number_of(const char* text) { return static_cast<uint32_t>(strtoul(text, nullptr, 10)); }

/// @return rounds
uint32_t run(double seconds, uint32_t seed) {
  const double end = now() + seconds;
  // valgrind has no sections, and its threads take turns.
  const uint32_t size = structures::has_sections() ? 2000 : 200;
  uint32_t rounds = 0;
  do {
    const Round round = {
        .seed = seed + rounds * structures::kSeedsPerRound, .threads = 2 + rounds % 3, .size = size};
    structures::enter_sections();
    structures::use_areas();
    structures::refuse_areas();
    structures::take_runs(round);
    structures::copy_shared(round);
    structures::keep_format();
    structures::take_locks();
    structures::write_down();
    structures::own();
    structures::map_ranges();
    structures::limit_space();
    structures::back_regions();
    structures::lack();
    structures::inherit_places();
    structures::repair(round);
    structures::lose_pages();
    structures::leave_holes();
    structures::name_alone(round.seed);
    structures::see_changes();
    structures::remove_alone();
    structures::succeed(round);
    structures::go_astray(round);
    structures::let_go_late();
    structures::get_stuck();
    structures::survey_beside(round);
    structures::keep_names(round);
    structures::open_kinds();
    structures::open_entries(round.seed);
    structures::lead_alone();
    structures::allot_regions();
    structures::attach_regions();
    structures::sweep_files();
    structures::replace_files();
    structures::step();
    structures::count_alone();
    structures::record_alone();
    structures::share_out(round);
    structures::put_numbers(round);
    structures::trust_areas();
    structures::write_alone();
    structures::read_alone(round);
    structures::interrupt();
    structures::write_rows();
    structures::count(round);
    structures::follow_hints();
    structures::hold_slots(round);
    structures::hand_over(round.seed);
    structures::race_passing(round.size, round.seed);
    structures::drain_alone();
    structures::write_records(round);
    structures::change_regions(round);
    structures::forge(round);
    structures::die(round);
    ++rounds;
  } while (now() < end);
  return rounds;
}

}  // namespace

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "1";
  if (strcmp(what, "child") == 0 && argc == 4) return structures::live(argv[2], number_of(argv[3]));
  if (strcmp(what, "bus") == 0 && argc == 3) return structures::meet_bus(argv[2]);
  if (strcmp(what, "refusal") == 0 && argc == 3) return structures::meet_refusal(argv[2]);
  if (strcmp(what, "mistake") == 0 && argc == 3) return structures::make_mistake(argv[2]) ? 0 : 2;
  rseq::area::attach();
  const uint32_t seed = argc > 2 ? number_of(argv[argc - 1]) : 1;
  uint32_t rounds = 1;
  for (int i = 0; i < 2; ++i) structures::expect(structures::region::ready(), "the process’s own region");
  const bool is_race = strcmp(what, "protocols") == 0 && argc == 4;
  int status = 0;
  if (is_race) {
    status = structures::run_protocols(strtoull(argv[2], nullptr, 10), seed);
  } else if (strcmp(what, "damaged") == 0 && argc == 4) {
    structures::use_damaged(number_of(argv[2]), seed);
  } else {
    rounds = run(strtod(what, nullptr), seed);
  }
  const bool sections = structures::has_sections();
  structures::region::end_thread();
  rseq::area::release();
  structures::remove_folder();
  if (is_race) return status;
  const uint64_t violations = structures::violations;
  printf("{\"rounds\":%" PRIu32 ",\"operations\":%" PRIu64 ",\"violations\":%" PRIu64 ",\"sections\":%s}\n",
         rounds, structures::operations.load(), violations, sections ? "true" : "false");
  return violations == 0 ? 0 : 1;
}
