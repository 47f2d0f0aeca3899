// What is seen of a directory without its lock: entries as they were, and whether they still are.
#include <string.h>

#include <algorithm>

#include "region/directory.h"
#include "region/holes.h"
#include "region/kinds.h"
#include "region/lock.h"
#include "region/shared.h"

namespace rseq::region {
namespace {

bool same(const Bytes& a, const Bytes& b) {
  return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

}  // namespace

uint32_t Directory::entry_high() const { return std::min(load(&header->entry_high), sizes.entries); }

uint32_t Directory::process_high() const { return std::min(load(&header->process_high), sizes.processes); }

bool Directory::is_there(const void* place) const {
  if (!is_sparse) return true;
  const uint64_t at = offset_of(place);
  if (room != nullptr && room->knows(at)) return true;
  const bool is_data = holes::is_data(fd, at);
  if (is_data && room != nullptr) room->note(at);
  return is_data;
}

bool Directory::copy(uint32_t number, Entry* out) const {
  if (number >= entry_high()) return false;
  const Entry& entry = entries[number];
  // The generation first: so what is live is of that owner, or of a later one, which still() tells.
  const uint32_t generation = load(&entry.generation);
  if (load(&entry.state) != kLive) return false;
  load_shared(out, &entry, sizeof entry);
  return still(number, generation) && inside(*out);
}

bool Directory::still(uint32_t number, uint32_t generation) const {
  const Entry& entry = entries[number];
  // Behind what was read. Pairs with remove()'s fence before the zeros, and build()'s before what it writes.
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  // The state first. A removal changes the generation behind its zeros: looked at before the state, it could
  // be the old one, and the state a next owner's.
  return load(&entry.state) == kLive && load(&entry.generation) == generation;
}

bool Directory::inside(const Entry& entry) const {
  for (const uint16_t one : entry.lengths)
    if (one > kMaxText) return false;
  const uint32_t length = units(total_length(entry));
  return entry.kind > Kind::kNone && static_cast<uint8_t>(entry.kind) < kKinds &&
         entry.lengths[kName] <= kMaxName && entry.cells != 0 && entry.cells <= sizes.cells &&
         entry.cell <= sizes.cells - entry.cells && length <= sizes.text_units &&
         entry.text <= sizes.text_units - length;
}

bool Directory::has_texts(const Entry& copied) const {
  if (!is_sparse) return true;
  const char* first = texts + uint64_t{copied.text} * kTextUnit;
  const char* end = first + total_length(copied);
  for (const char* at = first; at < end; at += holes::kGrain)
    if (!is_there(at)) return false;
  return first == end || is_there(end - 1);
}

bool Directory::is_shaped(const Entry& copied) const {
  const Bytes shared = text(copied, kExtra);
  if (shared.length != 0 && !has_texts(copied)) return false;
  // Others may write to it meanwhile.
  char extra[kMaxText];
  load_shared(extra, shared.data, shared.length);
  const Bytes own = {extra, shared.length};
  return ops(copied.kind).cells(copied.by_mm_cid != 0, copied.shape, own) == copied.cells;
}

Bytes Directory::text(const Entry& copied, Text which) const {
  const char* at = texts + uint64_t{copied.text} * kTextUnit;
  for (int i = 0; i < which; ++i) at += copied.lengths[i];
  return {at, copied.lengths[which]};
}

bool Directory::is_named(uint32_t number, uint32_t hash, const Bytes& name, const Bytes& labels,
                         Entry* out) const {
  return load(&entries[number].hash) == hash && copy(number, out) && has_texts(*out) &&
         same(text(*out, kName), name) && same(text(*out, kLabels), labels) && still(number, out->generation);
}

int32_t Directory::look(const Bytes& name, const Bytes& labels, Entry* out) const {
  const uint32_t hash = hash_of(name, labels);
  const uint32_t* bucket = &buckets[hash % sizes.entries];
  uint32_t next = is_there(bucket) ? load(bucket) : 0;
  // A damaged chain can run in a circle: it does where it comes back to a link of before, which is a later
  // one whenever so many steps were made again.
  uint32_t before = 0;
  uint32_t enough = 16;
  for (uint32_t steps = 0; next != 0 && next <= sizes.entries && next != before; ++steps) {
    if (is_named(next - 1, hash, name, labels, out)) return static_cast<int32_t>(next - 1);
    if (steps == enough) {
      before = next;
      enough *= 2;
    }
    next = load(&entries[next - 1].next);
  }
  return kAbsent;
}

int32_t Directory::search(const Bytes& name, const Bytes& labels, Entry* out) const {
  const int32_t found = look(name, labels, out);
  if (found >= 0) return found;
  // An entry that nobody touches stays where it is, whatever becomes of chains.
  const uint32_t hash = hash_of(name, labels);
  int32_t there = kAbsent;
  if (name.length == 0) return there;
  each_entry([&](uint32_t number) {
    if (there < 0 && is_named(number, hash, name, labels, out)) there = static_cast<int32_t>(number);
  });
  return there;
}

void Directory::held_by_the_living(uint64_t* out, uint32_t words) const {
  memset(out, 0, words * sizeof *out);
  for (uint32_t owner = 0; owner < process_high(); ++owner) {
    if (owner != process && !lock::is_alive(fd, owner)) continue;
    each_hold_word(owner, words, [&](uint32_t i, const uint64_t* word) {
      out[i] |= __atomic_load_n(word, __ATOMIC_RELAXED);
    });
  }
}

}  // namespace rseq::region
