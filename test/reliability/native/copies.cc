/// Copies of shared memory: every byte, none beside it, and by words where that can be.
#include "region/shared.h"

#include <string.h>

#include "harness.h"

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

/// All that is held is copied but how often it is held.
void copy_held() {
  const region::Held held = {.references = 1,
                             .cell = 2,
                             .cells = 3,
                             .generation = 4,
                             .id = 5,
                             .shape = 6,
                             .kind = region::Kind::kRing,
                             .form = 7};
  const region::Held copied = held.constants();
  region::Held expected = held;
  expected.references = 0;
  expect(memcmp(&copied, &expected, sizeof copied) == 0, "what is constant of what is held");
}

}  // namespace

void copy_shared(const Round& round) {
  Random random(round.seed);
  const Bytes place = {};
  for (size_t offset = 0; offset < 16; ++offset) {
    for (size_t left = 1; left < 24; ++left) {
      const size_t expected = offset % 8 == 0 && left >= 8 ? 8 : 1;
      const size_t step = region::shared_step(place.at + offset, left);
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
  uint32_t number = 1;
  region::store_shared(&number, 77);
  expect(number == 77, "a number stored", number, 77);
}

}  // namespace structures
