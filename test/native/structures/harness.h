/// What every part of `structures` shares: threads as the addon has them, what is opened, and what is
/// counted.
#pragma once

#include <stdint.h>
#include <stdio.h>

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "region/region.h"
#include "thread/area.h"

namespace structures {

namespace region = rseq::region;

/// Operations that were made, and what did not hold.
extern std::atomic<uint64_t> operations;
extern std::atomic<uint64_t> violations;

/// Says so, and counts it, where something does not hold.
void expect(bool holds, const char* what, int64_t found = 0, int64_t expected = 0);
void expect_result(int32_t found, int32_t expected, const char* what);

/// mulberry32: the same seed, the same numbers.
class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed) {}
  uint32_t word();
  uint32_t below(uint32_t n) { return word() % n; }

 private:
  uint32_t state_;
};

/// Runs `work` on so many threads, each of which begins and ends as a thread of Node's with the addon does,
/// and has open what regions the calling one has.
void on_threads(uint32_t count, const std::function<void(uint32_t)>& work);

/// Runs `work` in a copy of this process, which has nothing left when it ends.
void in_process(const std::function<void()>& work);

/// Runs this program anew, with such words behind its name. @param more  of its environment: NAME=value
pid_t start_again(const std::vector<std::string>& words, const std::vector<std::string>& more = {});

/// From now on this process sleeps no longer than a moment, whatever it asks for.
void skip_sleep();

/// Keeps the calling thread on the last CPU that it may run on. @return its number
uint32_t stay_on_last();

/// One opening, by the calling thread. `held` is a copy: its numbers are constant.
struct Opened {
  uint32_t region;
  uint32_t entry;
  region::Held held;

  bool exists() const { return held.kind != region::Kind::kNone; }
};

/// @param extra  doubles: of a histogram its lowest and highest value
Opened make(uint32_t region, region::Kind kind, const std::string& name, uint32_t shape = 0,
            const std::vector<double>& extra = {});
void close(const Opened& opened);

/// The shape of a ring of numbers, see objects/records.h.
uint32_t ring_shape(uint32_t log2, uint32_t fields, bool overwrites);

/// A word of a record's that is a number.
double number_of(uint64_t bits);

/// A folder of this process's, empty at first.
const std::string& folder();
void remove_folder();

/// The number that the next file has which is opened.
int next_file();

/// What settling this thread came to: without an area it counts where no CPU does. @param error  its errno
void expect_settled(rseq::area::Reason reason, int error, const char* what);

/// This thread's sections run: what they store is nothing that a sanitizer sees.
bool has_sections();

/// Reads everything in a region without holding any of it, as `list` and a survey do.
void look(uint32_t number);
/// A survey of the region, with as much room as it takes. @return how many numbers
size_t survey_all(uint32_t number, std::vector<double>& numbers);

// --- the parts: each makes its own objects, uses them for some milliseconds, and checks what must hold
// ----------

/// From one round's seed to the next one's.
inline constexpr uint32_t kSeedsPerRound = 64;

struct Round {
  uint32_t seed;
  uint32_t threads;
  uint32_t size;  ///< operations of a thread, about
};

void enter_sections();
void use_areas();
void refuse_areas();
/// A program of such a case. @return what it ends with
int meet_refusal(const char* name);
/// Every attempt is aborted: what is counted, and where it ends.
void step();
void count_alone();
void record_alone();
void share_out(const Round& round);
void put_numbers(const Round& round);
void trust_areas();
void write_alone();
void read_alone(const Round& round);
/// What others change is read while they do.
void interrupt();
void write_rows();
void count(const Round& round);
void follow_hints();
void hold_slots(const Round& round);
/// Slots on their way from one thread to another.
void hand_over(uint32_t seed);
void drain_alone();
void write_records(const Round& round);
void take_runs(const Round& round);
void copy_shared(const Round& round);
void keep_format();
void take_locks();
void write_down();
/// Who owns what, in words.
void own();
void map_ranges();
void limit_space();
void back_regions();
/// Backings where something is missing.
void lack();
void inherit_places();
void repair(const Round& round);
void lose_pages();
/// What allocates nothing of a file, and what has its pages first.
void leave_holes();
/// A process that had a handler of its own for SIGBUS. @return what it ends with where no signal ends it
int meet_bus(const char* handler);
void name_alone(uint32_t seed);
void see_changes();
/// What is read of entries that are removed, and looked for beside that, instruction by instruction.
void remove_alone();
void succeed(const Round& round);
void go_astray(const Round& round);
/// Who lets go while another one opens, or keeps the lock.
void let_go_late();
/// A lock that somebody keeps for long.
void get_stuck();
void survey_beside(const Round& round);
/// Directories beside a model of them.
void keep_names(const Round& round);
void open_kinds();
void open_entries(uint32_t seed);
void lead_alone();
void allot_regions();
void attach_regions();
/// Files that are swept away while somebody comes.
void sweep_files();
/// … or replaced, between any two system calls.
void replace_files();
void change_regions(const Round& round);
/// Numbers of what others open and close meanwhile.
void forge(const Round& round);
/// Processes, of which some are killed.
void die(const Round& round);
/// What such a process does, until it is killed or its parent ends it.
int live(const char* file, uint32_t number);

/// Uses `count` damaged region files in every way. @param seed  of the first one
void use_damaged(uint32_t count, uint32_t seed);

}  // namespace structures
