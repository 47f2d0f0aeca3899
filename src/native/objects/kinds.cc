/// The table of region/kinds.h: what each kind of object does where a region needs to know.
#include "region/kinds.h"

#include "objects/records.h"
#include "objects/shape.h"
#include "objects/slots.h"
#include "region/owners.h"

namespace rseq::region {
namespace {

uint32_t no_cells(bool, uint32_t, const Bytes&) { return 0; }
uint32_t one_cell(bool, uint32_t, const Bytes&) { return 1; }
uint32_t none_owned(uint32_t) { return 0; }

constexpr KindOps kNone = {no_cells, none_owned, nullptr, nullptr};
constexpr KindOps kOneCell = {one_cell, none_owned, nullptr, nullptr};
constexpr KindOps kGauge = {one_cell, none_owned, nullptr, nullptr, true};

constexpr KindOps kHistogram = {
    .cells = [](bool, uint32_t shape, const Bytes& extra) { return shape::cells(shape, extra); },
    .owned = none_owned,
    .open =
        [](uint32_t number, const Entry& entry, uint32_t in_arena) {
          return shape::make(entry.shape, regions[number].directory.text(entry, kExtra), entry.cells,
                             in_arena);
        },
    .close = shape::give_back,
};

constexpr KindOps kPool = {
    .cells = [](bool, uint32_t shape, const Bytes&) { return slots::cells(shape); },
    .owned = [](uint32_t cells) { return cells; },
    .open =
        [](uint32_t number, const Entry& entry, uint32_t in_arena) {
          const uint64_t process = owners::process_word(regions[number].directory);
          return slots::pools.put(slots::Slots::of(in_arena, entry.shape, process));
        },
    .close = [](uint32_t own_number) { slots::pools.give_back(own_number); },
};

constexpr KindOps kRing = {
    .cells =
        [](bool by_mm_cid, uint32_t shape, const Bytes&) {
          const records::Shape ring = {shape};
          return ring.valid() && !by_mm_cid ? ring.cells() : 0;
        },
    .owned = [](uint32_t) -> uint32_t { return records::kLine - 1 + records::kSlots; },
    .open =
        [](uint32_t number, const Entry& entry, uint32_t in_arena) {
          return records::rings.put(records::Ring::of({entry.shape}, number, records::aligned(in_arena)));
        },
    .close = [](uint32_t own_number) { records::rings.give_back(own_number); },
};

}  // namespace

/// In the order of Kind.
constexpr KindOps kKindOps[kKinds] = {kNone, kOneCell, kOneCell, kHistogram, kGauge, kPool, kRing};

}  // namespace rseq::region
