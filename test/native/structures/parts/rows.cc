/// Rows of a page: what is written, where it ends, and that nothing is written behind it.
#include <math.h>
#include <string.h>

#include "harness.h"
#include "metrics/page.h"

namespace structures {
namespace {

namespace page = rseq::page;

constexpr double kTwo53 = 9007199254740992.0;
/// Room that a number needs at least: "-9007199254740991".
constexpr size_t kNumber = 17;

struct Row {
  const char* head;
  uint32_t which;
};

/// Rows that follow each other, with a text in which they are written.
class Page {
 public:
  Page(const std::vector<Row>& rows, std::vector<double> numbers) : numbers_(std::move(numbers)) {
    for (const Row& row : rows) {
      heads_ += row.head;
      ends_.push_back(static_cast<uint32_t>(heads_.size()));
      which_.push_back(row.which);
    }
  }

  page::Rows rows() const {
    return {.heads = heads_.data(),
            .ends = ends_.data(),
            .which = which_.data(),
            .numbers = numbers_.data(),
            .head_bytes = heads_.size(),
            .rows = ends_.size(),
            .numbers_length = numbers_.size()};
  }

  /// With room for so many bytes. @param text  what it has to write
  void writes(size_t room, page::Status status, const std::string& text, const char* what) {
    char out[256];
    memset(out, '#', sizeof out);
    state = {};
    const page::Status found = page::write(rows(), out, room, &state);
    expect(found == status, what, found, status);
    expect(std::string(out, state.at) == text, what, static_cast<int64_t>(state.at),
           static_cast<int64_t>(text.size()));
    for (size_t i = room; i < sizeof out; ++i) expect(out[i] == '#', "behind the room", out[i], '#');
  }

  page::State state = {};
  std::vector<uint32_t>& ends() { return ends_; }

 private:
  std::string heads_;
  std::vector<uint32_t> ends_;
  std::vector<uint32_t> which_;
  std::vector<double> numbers_;
};

constexpr uint32_t value(uint32_t index) { return page::kValue << page::kIndexBits | index; }
constexpr uint32_t add(uint32_t index) { return page::kAdd << page::kIndexBits | index; }
constexpr uint32_t kTotal = uint32_t{page::kTotal} << page::kIndexBits;
constexpr uint32_t kAsk = uint32_t{page::kAsk} << page::kIndexBits;

void fill_the_room() {
  Page two({{"a ", value(0)}, {"\nbcd ", value(1)}}, {7, 1 - kTwo53});
  const size_t first = 2 + 1;
  const size_t all = first + 5 + kNumber;
  two.writes(all, page::kDone, "a 7\nbcd -9007199254740991", "as much room as they need");
  two.writes(all - 1, page::kRoom, "a 7", "less room");
  expect(two.state.row == 1, "the row without room", static_cast<int64_t>(two.state.row), 1);
  two.writes(2 + kNumber, page::kRoom, "a 7", "room for one");
  two.writes(2 + kNumber - 1, page::kRoom, "", "room for none");
}

void ask_for_others() {
  for (const double x : {kTwo53, -kTwo53, 0.5, -0.5, static_cast<double>(NAN), HUGE_VAL, -HUGE_VAL}) {
    Page one({{"x ", value(0)}}, {x});
    one.writes(64, page::kAsked, "x ", "no integer below 2^53");
  }
  Page outside({{"x ", value(1)}}, {1});
  outside.writes(64, page::kAsked, "x ", "a number outside");
  Page asks({{"x ", kAsk}}, {});
  asks.writes(64, page::kAsked, "x ", "the caller's number");
}

void add_up() {
  Page totals({{"", value(0)}, {" ", add(0)}, {" ", add(1)}, {" ", kTotal}, {" ", add(0)}}, {10, 5});
  totals.writes(200, page::kDone, "10 10 15 15 10", "a running total");
}

/// Ends that go back, or beyond the texts, are none.
void change_heads() {
  Page two({{"abc", value(0)}, {"def", value(0)}, {"", value(0)}}, {1});
  two.ends() = {3, 7, 3};
  two.writes(200, page::kDone, "abc111", "an end outside");
  two.ends() = {3, 2, 6};
  two.writes(200, page::kDone, "abc11cdef1", "an end before its start");
}

}  // namespace

void write_rows() {
  fill_the_room();
  ask_for_others();
  add_up();
  change_heads();
  operations += 20;
}

}  // namespace structures
