/// Shapes of histograms: what is one, which bucket each number is in beside a plain model, and bounds'
/// memory.
#include "objects/shape.h"

#include <malloc.h>
#include <math.h>

#include <algorithm>

#include "harness.h"

namespace structures {
namespace {

namespace shape = rseq::shape;

constexpr uint32_t kCell = 7;
constexpr uint32_t kFirstBucket = 4;

region::Bytes bytes_of(const std::vector<double>& numbers) {
  return {numbers.data(), static_cast<uint32_t>(numbers.size() * sizeof(double))};
}

int32_t make_shape(uint32_t precision, const std::vector<double>& numbers) {
  const region::Bytes extra = bytes_of(numbers);
  return shape::make(precision, extra, shape::cells(precision, extra), kCell);
}

/// 0, 1, 2 …
std::vector<double> ascending(size_t count) {
  std::vector<double> bounds(count);
  for (size_t i = 0; i < count; ++i) bounds[i] = static_cast<double>(i);
  return bounds;
}

void expect_cells(uint32_t precision, const std::vector<double>& numbers, uint32_t expected,
                  const char* what) {
  const region::Bytes extra = bytes_of(numbers);
  const uint32_t cells = shape::cells(precision, extra);
  expect(cells == expected, what, cells, expected);
  if (expected != 0) return;
  const int32_t made = shape::make(precision, extra, kFirstBucket + 3, kCell);
  expect(made == region::kDamaged, what, made, region::kDamaged);
}

void tell_shapes() {
  constexpr double kInfinite = HUGE_VAL;
  const auto kNone = static_cast<double>(NAN);
  constexpr double kSmallest = 2.2250738585072014e-308;
  expect_cells(0, {5}, kFirstBucket + 2, "one bound");
  expect_cells(0, {-3, -2, 0, 1}, kFirstBucket + 5, "negative bounds");
  expect_cells(0, ascending(4096), kFirstBucket + 4097, "the most bounds");
  expect_cells(0, ascending(4097), 0, "too many bounds");
  expect_cells(0, ascending(1 << 20), 0, "far too many");
  expect_cells(0, {}, 0, "no bounds");
  for (const double x : {1.0, 0.5, kInfinite, -kInfinite, kNone}) expect_cells(0, {1, x}, 0, "no next bound");
  for (const double x : {kInfinite, -kInfinite, kNone}) expect_cells(0, {x}, 0, "no first bound");
  expect_cells(1, {1, 7}, kFirstBucket + 8, "a range");
  expect_cells(1, {1, 1.25}, kFirstBucket + 3, "a range of one bucket");
  expect_cells(14, {1, 2}, kFirstBucket + 16384 + 3, "the finest range");
  expect_cells(15, {1, 2}, 0, "a finer one");
  expect_cells(1, {kSmallest, 7}, kFirstBucket + 2 * (1022 + 2) + 2 + 2, "from the smallest number");
  for (const double x : {kSmallest / 2, 0.0, -1.0, 7.0, 8.0, kInfinite, kNone})
    expect_cells(1, {x, 7}, 0, "no lowest value");
  for (const double x : {kInfinite, kNone}) expect_cells(1, {1, x}, 0, "no highest value");
  expect_cells(1, {1}, 0, "half a range");
  expect_cells(1, {1, 2, 3}, 0, "more than a range");
  const double two[] = {1, 2};
  for (const uint32_t length : {1U, 9U, 15U})
    expect(shape::cells(0, {two, length}) == 0, "a part of a number", length);
  const int32_t other = shape::make(0, {two, sizeof two}, kFirstBucket + 4, kCell);
  expect(other == region::kDamaged, "another number of cells", other, region::kDamaged);
}

/// So many buckets below x, of 2^precision from each power of two to the next.
int64_t place_of(double x, uint32_t precision) {
  int exponent = 0;
  const double fraction = frexp(x, &exponent);  // [0.5, 1)
  const double within = floor(ldexp(fraction * 2 - 1, static_cast<int>(precision)));
  return (int64_t{exponent} << precision) + static_cast<int64_t>(within);
}

uint32_t bucket_of(int32_t made, double x) {
  const shape::Shape* one = shape::shapes.place(static_cast<uint32_t>(made));
  return shape::bucket(one, shape::run_of(one), x);
}

void expect_bucket(int32_t made, double x, int64_t expected, const char* what) {
  const uint32_t found = bucket_of(made, x);
  expect(found == expected, what, found, expected);
  ++operations;
}

void model_bounds(Random& random) {
  std::vector<double> bounds(1 + random.below(30));
  double last = -100;
  for (double& bound : bounds) bound = last += 1.0 + random.below(100) / 8.0;
  const int32_t made = make_shape(0, bounds);
  expect(made >= 0, "made of bounds", made);
  if (made < 0) return;
  std::vector<double> samples = {-1e300, -0.0, 1e300};
  for (const double bound : bounds)
    samples.insert(samples.end(), {bound, nextafter(bound, -1e9), nextafter(bound, 1e9)});
  for (const double x : samples)
    expect_bucket(made, x, std::count_if(bounds.begin(), bounds.end(), [x](double one) { return one < x; }),
                  "a bucket by bounds");
  shape::give_back(static_cast<uint32_t>(made));
}

void model_range(Random& random) {
  const uint32_t precision = 1 + random.below(8);
  const double lowest = ldexp(1 + random.below(1000) / 1000.0, static_cast<int>(random.below(20)) - 10);
  const double highest = lowest * (1.01 + random.below(5000));
  const int32_t made = make_shape(precision, {lowest, highest});
  expect(made >= 0, "made of a range", made);
  if (made < 0) return;
  const int64_t first = place_of(lowest, precision);
  const int64_t above = place_of(highest, precision) - first + 2;
  std::vector<double> samples = {lowest, highest, nextafter(lowest, 0), nextafter(highest, 1e9)};
  for (int i = 0; i < 60; ++i)
    samples.push_back(ldexp(random.word(), static_cast<int>(random.below(60)) - 50));
  for (const double x : samples) {
    const int64_t place = x == 0 ? 0 : place_of(x, precision) - first + 1;
    expect_bucket(made, x, std::clamp(place, int64_t{0}, above), "a bucket of a range");
    expect_bucket(made, -x, 0, "a negative number's bucket");
  }
  expect_bucket(made, 1e308, above, "the last bucket");
  expect_bucket(made, -1e308, 0, "the first bucket");
  shape::give_back(static_cast<uint32_t>(made));
}

/// Whatever the other words are, which can be of a shape that had the number before.
void mix_words() {
  constexpr double kSamples[] = {-1e300, 0, 0.5, 2.5, 4, 1e9, 1e300};
  const int32_t bounds = make_shape(0, ascending(6));
  const int32_t range = make_shape(3, {1, 1000});
  for (const int32_t made : {bounds, range}) {
    shape::Shape mixed = shape::shapes.at(static_cast<uint32_t>(made));
    for (uint32_t buckets = 2; buckets < 9; ++buckets)
      for (const double x : kSamples) {
        const uint32_t found = shape::bucket(&mixed, shape::Run::of(kCell, buckets), x);
        expect(found < buckets, "a bucket of another run", found, buckets);
        if (x == kSamples[6] && mixed.drop == 0 && buckets < 7)
          expect(found == buckets - 1, "the last one of it", found, buckets - 1);
      }
    mixed.drop = 0;
    mixed.bounds = nullptr;
    expect(shape::bucket(&mixed, shape::Run::of(kCell, 9), 5) == 0, "no bounds");
    shape::give_back(static_cast<uint32_t>(made));
    expect(!shape::shapes.at(static_cast<uint32_t>(made)).bounds, "given back");
  }
}

/// Where a shape's bounds are.
shape::Bounds* memory_of(int32_t made) { return shape::shapes.at(static_cast<uint32_t>(made)).bounds; }

/// It has room for as many bounds as the next power of two, and is taken again for so many.
void take_memory() {
  for (uint32_t count = 1; count <= 4096; count = count * 5 / 4 + 1) {
    const int32_t made = make_shape(0, ascending(count));
    const shape::Shape one = shape::shapes.at(static_cast<uint32_t>(made));
    const shape::Run run = {one.run};
    expect(run.exists() && run.cell() == kCell && run.buckets() == count + 1, "a run", run.buckets(),
           count + 1);
    expect(one.drop == 0 && one.bounds != nullptr, "has bounds");
    if (one.bounds == nullptr) return;
    const uint32_t log2 = one.bounds->log2;
    expect(1U << log2 >= count && (log2 == 0 || 1U << (log2 - 1) < count), "room for so many", log2, count);
    expect(one.bounds->count == count, "so many", one.bounds->count, count);
    const size_t room = malloc_usable_size(one.bounds);
    expect(room >= sizeof(shape::Bounds) + sizeof(double) * count, "room", static_cast<int64_t>(room));
    for (uint32_t i = 0; i < count; ++i) expect(one.bounds->upper[i] == i, "a bound", i);
    shape::give_back(static_cast<uint32_t>(made));
  }
  const int32_t most = make_shape(0, ascending(4096));
  expect(most >= 0, "made of the most bounds", most);
  if (most >= 0) shape::give_back(static_cast<uint32_t>(most));
  const auto four = ascending(4);
  const int32_t first = make_shape(0, four);
  const int32_t second = make_shape(0, ascending(3));
  std::vector<shape::Bounds*> before = {memory_of(first), memory_of(second)};
  for (const int32_t made : {first, second}) shape::give_back(static_cast<uint32_t>(made));
  // A range needs none for long, nor does what is none.
  const int32_t range = make_shape(1, {1, 2});
  expect(memory_of(range) == nullptr, "a range has no bounds");
  expect(shape::make(0, bytes_of({3, 2, 1}), kFirstBucket + 4, kCell) == region::kDamaged, "none");
  const int32_t third = make_shape(0, four);
  const int32_t fourth = make_shape(0, four);
  std::vector<shape::Bounds*> after = {memory_of(third), memory_of(fourth)};
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  expect(before == after && before[0] != before[1], "taken again");
  for (const int32_t made : {range, third, fourth}) shape::give_back(static_cast<uint32_t>(made));
}

/// Bounds that find no number are not lost.
void fill_numbers() {
  const int32_t one = make_shape(0, ascending(100));
  shape::Bounds* memory = memory_of(one);
  shape::give_back(static_cast<uint32_t>(one));
  std::vector<int32_t> all;
  for (int32_t number = 0; number >= 0;) {
    number = shape::shapes.put({.run = 1, .drop = 1, .base = 0, .lowest = 0, .bounds = nullptr});
    if (number >= 0) all.push_back(number);
  }
  expect(!all.empty() && all.back() == static_cast<int32_t>(shape::kMaxShapes) - 1, "the last number",
         all.empty() ? -1 : all.back(), static_cast<int32_t>(shape::kMaxShapes) - 1);
  const int32_t none = make_shape(0, ascending(100));
  expect(none == region::kTooMany, "one too many", none, region::kFull);
  for (const int32_t number : all) shape::shapes.give_back(static_cast<uint32_t>(number));
  const int32_t next = make_shape(0, ascending(100));
  expect(next >= 0 && memory_of(next) == memory, "its bounds' memory");
  shape::give_back(static_cast<uint32_t>(next));
}

}  // namespace

void share_out(const Round& round) {
  Random random(round.seed);
  tell_shapes();
  for (int i = 0; i < 20; ++i) {
    model_bounds(random);
    model_range(random);
  }
  mix_words();
  take_memory();
  fill_numbers();
}

}  // namespace structures
