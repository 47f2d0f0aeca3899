/// Names of a directory that one process changes: chains, and numbers that damage has made.
#include "directory_memory.h"
#include "harness.h"

namespace structures {
namespace {

using region::Entry;

void expect_number(int32_t found, int32_t expected, const char* what) {
  expect(found == expected, what, found, expected);
}

/// All there can be, in one chain; given up from both its ends and the middle.
void crowd(uint32_t seed) {
  Own own;
  Random random(seed);
  std::vector<int32_t> there;
  for (uint32_t i = 0; i < kSizes.entries; ++i) {
    expect_number(own.make(crowded_name(i)), static_cast<int32_t>(i), "made");
    there.push_back(static_cast<int32_t>(i));
  }
  expect_number(own.make(crowded_name(kSizes.entries)), region::kFull, "one more");
  for (uint32_t i = 0; i < kSizes.entries; ++i)
    expect((own.directory.buckets[i] != 0) == (i == kCrowded), "a bucket", i);
  for (const int32_t number : there)
    expect_number(own.look(crowded_name(static_cast<uint32_t>(number))), number, "in the longest chain");
  while (!there.empty()) {
    const size_t which = random.below(3) == 0   ? 0
                         : random.below(2) == 0 ? there.size() - 1
                                                : random.below(static_cast<uint32_t>(there.size()));
    const int32_t gone = there[which];
    there.erase(there.begin() + static_cast<std::ptrdiff_t>(which));
    expect(own.directory.let_go(static_cast<uint32_t>(gone), false) == 0, "let go");
    expect_number(own.look(crowded_name(static_cast<uint32_t>(gone))), region::kAbsent, "gone");
    for (const int32_t number : there)
      expect_number(own.look(crowded_name(static_cast<uint32_t>(number))), number, "still there");
  }
  expect(own.directory.buckets[kCrowded] == 0, "an empty chain");
}

/// What has no room takes none: not the number, nor the text.
void want_too_much() {
  Own own;
  Wanted what;
  what.texts[region::kName] = "large";
  what.cells = kSizes.cells + 1;
  expect_number(own.directory.make(what.description(), &own.entry), region::kFull,
                "more cells than there are");
  what.cells = 1;
  what.texts[region::kHelp] = std::string(size_t{kSizes.text_units} * region::kTextUnit, 'h');
  expect_number(own.directory.make(what.description(), &own.entry), region::kFull, "more text");
  what.texts[region::kHelp].resize(what.texts[region::kHelp].size() - 5);
  what.cells = kSizes.cells;
  expect_number(own.directory.make(what.description(), &own.entry), 0, "all of it");
  expect(own.at(0).cell == 0 && own.at(0).text == 0, "from the first on", own.at(0).text);
}

/// Two names of one hash, and one name of two labels.
void tell_apart() {
  Own own;
  expect_number(own.make("declinate"), 0, "made");
  expect_number(own.look("macallums"), region::kAbsent, "another of that hash");
  expect_number(own.make("macallums"), 1, "made");
  expect(own.at(0).hash == own.at(1).hash, "they have one hash");
  expect_number(own.look("declinate"), 0, "the one");
  expect_number(own.look("macallums"), 1, "the other");
  expect_number(own.make("n", "vshclxrgp"), 2, "labels");
  expect_number(own.make("n", "qjxqcaqcy"), 3, "other labels");
  expect(own.at(2).hash == own.at(3).hash, "they have one hash, too");
  expect_number(own.look("n", "vshclxrgp"), 2, "the one’s labels");
  expect_number(own.look("n", "qjxqcaqcy"), 3, "the other’s");
  expect_number(own.look("n"), region::kAbsent, "without labels");
  expect_number(own.look(""), region::kAbsent, "without a name");
}

/// Chains that lead back, or out of the directory: a look and a removal end.
void tangle() {
  Own own;
  const int32_t first = own.make(crowded_name(0));
  const int32_t second = own.make(crowded_name(1));
  for (const uint32_t next : {static_cast<uint32_t>(second) + 1, kSizes.entries + 1, ~UINT32_C(0)}) {
    own.at(second).next = next;
    expect_number(own.look(crowded_name(1)), second, "before the damage");
    expect_number(own.look(crowded_name(0)), region::kAbsent, "behind it");
    expect_number(own.make(crowded_name(2)), 2, "made before it");
    expect(own.directory.let_go(2, false) == 0, "removed");
  }
  // What the chain does not lead to is removed, too.
  expect(own.directory.let_go(static_cast<uint32_t>(first), false) == 0, "removed");
  expect(!own.directory.copy(static_cast<uint32_t>(first), &own.entry), "gone");
  own.at(second).next = static_cast<uint32_t>(second) + 1;
  const int32_t third = own.make("nobody’s");
  own.at(third).hash = kCrowded;
  expect(own.directory.let_go(static_cast<uint32_t>(third), false) == 0, "removed");
  own.directory.buckets[kCrowded] = kSizes.entries + 1;
  expect_number(own.look(crowded_name(1)), region::kAbsent, "a bucket that leads out");
  expect(own.directory.let_go(static_cast<uint32_t>(second), false) == 0, "removed");
}

/// A number that is just within bounds, and the next.
void bound() {
  Own own;
  const int32_t number = own.make("bounds");
  const Entry whole = own.at(number);
  const auto is_live = [&](const char* what, bool expected, auto change) {
    own.at(number) = whole;
    change(own.at(number));
    expect(own.directory.copy(static_cast<uint32_t>(number), &own.entry) == expected, what);
    expect((own.look("bounds") == number) == expected, what);
    own.at(number) = whole;
  };
  const auto of_kind = [](uint8_t kind) {
    return [=](Entry& one) { one.kind = static_cast<region::Kind>(kind); };
  };
  is_live("no kind", false, of_kind(0));
  is_live("the first kind", true, of_kind(1));
  is_live("the last kind", true, of_kind(region::kKinds - 1));
  is_live("a kind that there is not", false, of_kind(region::kKinds));
  is_live("no cells", false, [](Entry& one) { one.cells = 0; });
  is_live("one cell, the last one", true, [](Entry& one) { one.cell = kSizes.cells - 1; });
  is_live("one behind it", false, [](Entry& one) { one.cell = kSizes.cells; });
  is_live("the last two", true, [](Entry& one) { one.cells = 2, one.cell = kSizes.cells - 2; });
  is_live("one of them behind", false, [](Entry& one) { one.cells = 2, one.cell = kSizes.cells - 1; });
  is_live("all cells", true, [](Entry& one) { one.cells = kSizes.cells, one.cell = 0; });
  is_live("more than all", false, [](Entry& one) { one.cells = kSizes.cells + 1, one.cell = 0; });
  is_live("far more", false, [](Entry& one) { one.cells = ~UINT32_C(0), one.cell = 0; });
  is_live("removed", false, [](Entry& one) { one.state = region::kRemoving; });
  is_live("free", false, [](Entry& one) { one.state = region::kFree; });
}

/// … of texts, by the number: their bytes are what they are.
void bound_texts() {
  Own own;
  const auto number = static_cast<uint32_t>(own.make(std::string(region::kMaxName, 'n')));
  Entry& one = own.directory.entries[number];
  const auto is_live = [&](const char* what, bool expected, uint32_t text, uint16_t name, uint16_t help) {
    one.text = text;
    one.lengths[region::kName] = name;
    one.lengths[region::kHelp] = help;
    expect(own.directory.copy(number, &own.entry) == expected, what);
  };
  constexpr uint16_t kAll = kSizes.text_units * region::kTextUnit;
  is_live("the longest name", true, 0, region::kMaxName, 0);
  is_live("one byte longer", false, 0, region::kMaxName + 1, 0);
  is_live("one unit, the last one", true, kSizes.text_units - 1, 1, region::kTextUnit - 1);
  is_live("one byte behind", false, kSizes.text_units - 1, 1, region::kTextUnit);
  is_live("no text, at the end", true, kSizes.text_units, 0, 0);
  is_live("no text, behind it", false, kSizes.text_units + 1, 0, 0);
  is_live("all text", true, 0, 1, kAll - 1);
  is_live("more than all", false, 0, 1, kAll);
  one.lengths[region::kLabels] = one.lengths[region::kUnit] = one.lengths[region::kExtra] = UINT16_MAX;
  is_live("far more", false, 0, 1, UINT16_MAX);
}

/// Highest numbers that are none: as many as there can be.
void bound_highest() {
  Own own;
  own.make("highest");
  // What is behind the entries looks like one: bits that say that number 0 is taken, and then nobody's.
  Entry& behind = own.directory.entries[kSizes.entries];
  behind.cells = 1;
  behind.kind = region::Kind::kCounter;
  expect(behind.state == region::kLive, "it looks like one", behind.state);
  expect(!own.directory.copy(kSizes.entries, &own.entry), "behind the last entry");
  region::Header& header = *own.directory.header;
  for (const uint32_t high : {kSizes.entries, kSizes.entries + 1, ~UINT32_C(0)}) {
    header.entry_high = high;
    expect(own.directory.entry_high() == kSizes.entries, "the highest entry", own.directory.entry_high());
  }
  header.entry_high = kSizes.entries - 1;
  expect(own.directory.entry_high() == kSizes.entries - 1, "an entry", own.directory.entry_high());
  for (const uint32_t high : {kSizes.processes, ~UINT32_C(0)}) {
    header.process_high = high;
    uint64_t held = 0;
    own.directory.held_by_the_living(&held, 1);
    expect(held == 1, "held", static_cast<int64_t>(held), 1);
  }
}

}  // namespace

void name_alone(uint32_t seed) {
  crowd(seed);
  want_too_much();
  tell_apart();
  tangle();
  bound();
  bound_texts();
  bound_highest();
  operations += 1000;
}

}  // namespace structures
