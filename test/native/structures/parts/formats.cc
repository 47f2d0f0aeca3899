/// What stands where in a region and in a ring, by its numbers: files are of this format, whoever wrote them.
#include "region/format.h"

#include <string.h>

#include "harness.h"
#include "objects/records.h"
#include "region/arena.h"

namespace structures {
namespace {

namespace records = rseq::records;

void expect_number(const char* what, uint64_t found, uint64_t expected) {
  expect(found == expected, what, static_cast<int64_t>(found), static_cast<int64_t>(expected));
}

/// The usual sizes; the smallest, whose parts are less than a page each; some of which no part is a power of
/// two; and large ones.
void lay_out() {
  const struct {
    region::Sizes sizes;
    uint64_t places[11];
  } kinds[] = {
      {{.stripes = 3, .cells = 8192, .entries = 2048, .text_units = 4096, .processes = 1024},
       {4096, 36864, 45056, 176128, 180224, 184320, 188416, 450560, 720896, 65536, 1048576}},
      {{.stripes = 1, .cells = 8192, .entries = 64, .text_units = 64, .processes = 1},
       {4096, 8192, 12288, 16384, 20480, 24576, 28672, 32768, 65536, 65536, 262144}},
      {{.stripes = 255, .cells = 81920, .entries = 32768, .text_units = 40960, .processes = 129},
       {4096, 12288, 143360, 2240512, 2244608, 2256896, 2265088, 2793472, 5439488, 655360, 173867008}},
      {{.stripes = 1, .cells = 1U << 24, .entries = 1U << 20, .text_units = 1U << 21, .processes = 1024},
       {4096, 36864, 4231168, 71340032, 71471104, 73568256, 73830400, 208048128, 342294528, 134217728,
        744947712}},
  };
  for (const auto& [sizes, places] : kinds) {
    const region::Layout layout(sizes);
    const uint64_t found[] = {layout.processes, layout.buckets,      layout.entries, layout.entry_map,
                              layout.cell_map,  layout.text_map,     layout.holds,   layout.texts,
                              layout.stripes,   layout.stripe_bytes, layout.total};
    for (int i = 0; i < 11; ++i) expect_number("a place in a region", found[i], places[i]);
  }
  const region::Header header = {};
  const auto offset = [&](const auto& of) {
    return static_cast<uint64_t>(reinterpret_cast<const char*>(&of) - reinterpret_cast<const char*>(&header));
  };
  expect_number("the nonce's place", offset(header.nonce), 32);
  expect_number("the checksum's place", offset(header.checksum), 40);
  expect_number("the last number's place", offset(header.cells_used), 72);
  expect(memcmp(&region::kMagic, "\x11region\n", 8) == 0, "the magic");
}

/// One size at a time, at its ends and beyond.
void check_sizes() {
  constexpr region::Sizes kGood = {
      .stripes = 1, .cells = 8192, .entries = 64, .text_units = 64, .processes = 1};
  expect(kGood.valid(), "good sizes");
  const struct {
    uint32_t region::Sizes::* which;
    std::vector<uint32_t> good;
    std::vector<uint32_t> bad;
  } kinds[] = {
      {&region::Sizes::stripes, {1, 3, 8192}, {0, 8193, ~0U}},
      {&region::Sizes::cells, {8192, 24576, 1U << 24}, {0, 1, 8191, 8193, 4096, (1U << 24) + 8192, 1U << 31}},
      {&region::Sizes::entries, {64, 128, 1U << 22}, {0, 1, 32, 63, 65, 96, 1U << 23, 1U << 31}},
      {&region::Sizes::text_units, {64, 192, 1U << 24}, {0, 1, 32, 63, 65, 96, (1U << 24) + 64, 1U << 31}},
      {&region::Sizes::processes, {1, 77, 1024}, {0, 1025, ~0U}},
  };
  for (const auto& [which, good, bad] : kinds) {
    region::Sizes sizes = kGood;
    for (const uint32_t number : good) {
      sizes.*which = number;
      expect(sizes.valid(), "a good size", number);
    }
    for (const uint32_t number : bad) {
      sizes.*which = number;
      expect(!sizes.valid(), "a bad size", number);
    }
  }
}

/// By the published examples of FNV-1a.
void hash() {
  expect_number("hash of nothing", region::hash_bytes("", 0), 0x811c9dc5);
  expect_number("hash of a", region::hash_bytes("a", 1), 0xe40c292c);
  expect_number("hash of foobar", region::hash_bytes("foobar", 6), 0xbf9cf968);
  expect_number("continued", region::hash_bytes("bar", 3, region::hash_bytes("foo", 3)), 0xbf9cf968);
  region::Header header = {};
  header.magic = region::kMagic;
  header.version = 1;
  header.sizes = {.stripes = 3, .cells = 8192, .entries = 2048, .text_units = 4096, .processes = 1024};
  header.nonce = 77;
  // They lie one behind the other.
  const uint32_t expected = region::hash_bytes(&header, 40);
  header.checksum = header.dirty = header.entry_high = 5;
  expect_number("the checksum", region::checksum(header), expected);
}

/// A ring's cells of its stripe, and what its shape says of a record.
void shape_rings() {
  const uint32_t cells[] = {records::kHead,   records::kDiscarded, records::kLimit,
                            records::kTurn,   records::kTails,     records::kLosses,
                            records::kWriter, records::kConsumer,  records::kSlots};
  const uint32_t expected[] = {0, 1, 8, 9, 10, 12, 16, 17, 24};
  for (int i = 0; i < 9; ++i) expect_number("a ring's cell", cells[i], expected[i]);
  for (uint32_t log2 = 1; log2 <= 16; ++log2) {
    for (const bool overwrites : {false, true}) {
      for (const uint32_t fields : {1U, 4U}) {
        const uint32_t bits = ring_shape(log2, fields, overwrites);
        const records::Shape shape = {bits};
        expect(shape.valid() && shape.is_timed() && !shape.is_bytes(), "a ring of numbers", bits);
        expect(shape.overwrites() == overwrites, "whether it overwrites", bits);
        expect_number("fields", shape.size(), fields);
        expect_number("words before numbers", shape.before(), 1);
        expect_number("words of a record", shape.slot(), 1 + fields);
        expect_number("records", shape.capacity(), UINT64_C(1) << log2);
        expect_number("that can be read", shape.readable(), (UINT64_C(1) << log2) - (overwrites ? 1 : 0));
        expect_number("cells of a ring", shape.cells(), 31 + ((1 + fields) << log2));
      }
    }
  }
  for (const uint32_t bytes : {1U, 8U, 9U, 4095U, 4096U}) {
    const records::Shape shape = {3 | bytes << 5 | 1U << 18};
    expect(shape.valid() && shape.is_bytes() && !shape.is_timed() && !shape.overwrites(), "a ring of bytes");
    expect_number("words before bytes", shape.before(), 2);
    expect_number("words of bytes", shape.payload(), (bytes + 7) / 8);
    expect_number("words of a record", shape.slot(), 2 + (bytes + 7) / 8);
  }
  constexpr uint32_t kOne = 1 << 5;
  constexpr uint32_t kOfBytes = 1U << 18;
  for (const uint32_t bits : {0U, kOne, 17 | kOne, 31 | kOne, 1U, 1 | 5U << 5, 1 | kOne | 1U << 21,
                              1 | kOne | 1U << 31, 1 | kOfBytes, 1 | 4097U << 5 | kOfBytes, 1 | 8191U << 5}) {
    expect(!records::Shape{bits}.valid(), "no ring's shape", bits);
  }
  expect_number("most words of a record", records::kMaxWords, 514);
  for (uint32_t cell = 0; cell < 20; ++cell)
    expect_number("the first whole line", records::aligned(cell), (cell + 7) / 8 * 8);
}

/// All of a ring that a writer needs, in a word.
void pack_rings() {
  const records::Shape shape = {ring_shape(16, 4, true)};
  for (const uint32_t number : {0U, 1U, region::kMaxRegions - 1}) {
    for (const uint32_t cell : {0U, 8U, 0xfffffff8U}) {
      const records::Ring ring = records::Ring::of(shape, number, cell);
      expect(ring.exists(), "a ring");
      expect_number("its shape", ring.shape().bits, shape.bits);
      expect_number("its region", ring.region(), number);
      expect_number("its cell", ring.cell(), cell);
    }
  }
  expect(!records::Ring{0}.exists(), "no ring");
}

/// The stripes as a hot operation copies them.
void copy_stripes() {
  const rseq::arena::Stripes& all = rseq::arena::stripes;
  const rseq::arena::Stripes copied = rseq::arena::copy();
  expect(copied.base == all.base && copied.overflow == all.overflow, "a copy's addresses");
  expect(copied.count == all.count && copied.shift == all.shift && copied.limit == 0, "a copy's numbers");
  const auto* first = all.cell<int64_t>(0, 0);
  expect(reinterpret_cast<const char*>(first) == all.base, "the first cell");
  const auto* other = reinterpret_cast<const char*>(all.cell<int64_t>(all.count, 3));
  expect(other == all.base + (uint64_t{all.count} << all.shift) + 24, "a cell of the overflow stripe");
  expect(other == all.overflow + 24, "the overflow stripe");
}

}  // namespace

void keep_format() {
  expect(region::kMaxName == 240 && region::kMaxText == 32768, "how long texts may be");
  lay_out();
  check_sizes();
  hash();
  shape_rings();
  pack_rings();
  copy_stripes();
  operations += 1000;
}

}  // namespace structures
