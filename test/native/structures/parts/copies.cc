/// Copies of shared memory: every byte, none beside it, and by words where that can be.
#include "region/shared.h"

#include <string.h>
#include <sys/mman.h>

#include "harness.h"
#include "traps.h"

namespace structures {
namespace {

constexpr size_t kRoom = 48;

struct alignas(8) Bytes {
  uint8_t at[kRoom];
};

Bytes random_bytes(Random& random) {
  Bytes bytes;
  for (uint8_t& byte : bytes.at) byte = static_cast<uint8_t>(random.word());
  return bytes;
}

void expect_same(const Bytes& found, const Bytes& expected, const char* what, size_t length) {
  expect(memcmp(found.at, expected.at, kRoom) == 0, what, static_cast<int64_t>(length));
}

/// By words that are aligned, or by bytes: at a border of pages, all that lies before it is copied before
/// anything behind it is.
void copy_over_border() {
  const size_t page = page_bytes();
  void* pages = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char* border = static_cast<char*>(pages) + page;
  constexpr size_t kBytes = 24;
  const std::string sevens(kBytes, 7);
  for (size_t before = 1; before < kBytes; ++before) {
    char* from = border - before;
    memcpy(from, sevens.data(), kBytes);
    char loaded[kBytes] = {};
    {
      const Trap trap(border, [&] { expect(memcmp(loaded, sevens.data(), before) == 0, "loaded"); });
      region::load_shared(loaded, from, kBytes);
      expect(trap.was_touched(), "over the border");
    }
    memset(from, 0, kBytes);
    const Trap trap(border, [&] { expect(memcmp(from, sevens.data(), before) == 0, "stored"); });
    region::store_shared(from, sevens.data(), kBytes);
    expect(trap.was_touched(), "over the border");
  }
  munmap(pages, 2 * page);
}

/// All that is held is copied but how often it is held.
void copy_held() {
  const region::Held held = {.references = 1,
                             .cell = 2,
                             .cells = 3,
                             .generation = 4,
                             .id = 5,
                             .shape = 6,
                             .kind = region::Kind::kRing,
                             .form = 7,
                             .waits = false};
  const region::Held copied = held.constants();
  const bool same = copied.references == 0 && copied.cell == held.cell && copied.cells == held.cells &&
                    copied.generation == held.generation && copied.id == held.id &&
                    copied.shape == held.shape && copied.kind == held.kind && copied.form == held.form;
  expect(same, "what is constant of what is held");
}

}  // namespace

void copy_shared(const Round& round) {
  Random random(round.seed);
  const Bytes place = {};
  for (size_t offset = 0; offset < 16; ++offset) {
    for (size_t left = 1; left < 24; ++left) {
      const size_t expected = offset % 8 == 0 && left >= 8 ? 8 : 1;
      size_t step = 0;
      region::each_access(place.at + offset, left, [&step](size_t at, auto value) {
        if (at == 0) step = sizeof value;
      });
      expect(step == expected, "bytes of an access", static_cast<int64_t>(step),
             static_cast<int64_t>(expected));
    }
  }
  for (size_t to = 0; to < 8; ++to) {
    for (size_t from = 0; from < 8; ++from) {
      for (size_t length = 0; length < 33; ++length) {
        const Bytes source = random_bytes(random);
        const Bytes before = random_bytes(random);
        Bytes expected = before;
        if (length != 0) memcpy(expected.at + to, source.at + from, length);
        Bytes loaded = before;
        region::load_shared(loaded.at + to, source.at + from, length);
        expect_same(loaded, expected, "loaded", length);
        Bytes stored = before;
        region::store_shared(stored.at + to, source.at + from, length);
        expect_same(stored, expected, "stored", length);
        operations += 2;
      }
    }
  }
  copy_held();
  copy_over_border();
  uint32_t number = 1;
  region::store_shared(&number, 77);
  expect(number == 77, "a number stored", number, 77);
}

}  // namespace structures
