#include "region/directory.h"

#include <errno.h>

#include "region/holes.h"
#include "region/kinds.h"
#include "region/lock.h"
#include "region/shared.h"

namespace rseq::region {

constinit thread_local uint32_t patience = kPatience;

void Directory::set(const Sizes& from, char* control) {
  const Layout layout(from);
  sizes = from;
  const auto words = [&](uint64_t at) { return reinterpret_cast<uint64_t*>(control + at); };
  header = reinterpret_cast<Header*>(control);
  processes = reinterpret_cast<Process*>(control + layout.processes);
  buckets = reinterpret_cast<uint32_t*>(control + layout.buckets);
  entries = reinterpret_cast<Entry*>(control + layout.entries);
  entry_words = words(layout.entry_map);
  cell_words = words(layout.cell_map);
  text_words = words(layout.text_map);
  holds = words(layout.holds);
  texts = control + layout.texts;
  waited = 0;
  walked = 0;
  living = {};
}

int32_t Directory::lock(uint32_t milliseconds) {
  const int error = lock::take_directory(fd, milliseconds > waited ? milliseconds - waited : 0);
  if (error != 0) {
    const bool busy = error == EAGAIN || error == EACCES;
    if (busy && milliseconds > waited) waited = milliseconds;
    errno = error;
    return busy ? kBusy : kSystem;
  }
  waited = 0;
  walked = 0;
  living = {};
  if (load(&header->dirty) != 0) repair();
  return 0;
}

void Directory::unlock() { lock::give_directory(fd); }

void Directory::link(uint32_t number) {
  uint32_t* bucket = &buckets[entries[number].hash % sizes.entries];
  __atomic_store_n(&entries[number].next, *bucket, __ATOMIC_RELAXED);
  __atomic_store_n(bucket, number + 1, __ATOMIC_RELEASE);
}

void Directory::unlink(uint32_t number) {
  // A nameless one was never in a chain.
  if (entries[number].lengths[kName] == 0) return;
  uint32_t* place = &buckets[entries[number].hash % sizes.entries];
  uint32_t next = is_there(place) ? load(place) : 0;
  for (uint32_t steps = 0; next != number + 1; ++steps) {
    if (next == 0 || next > sizes.entries || steps == sizes.entries) return;  // damaged
    place = &entries[next - 1].next;
    next = load(place);
    ++walked;
  }
  __atomic_store_n(place, load(&entries[number].next), __ATOMIC_RELEASE);
}

/// All pages of a short run; of a longer one those that must be the same memory for all
/// processes.
int32_t Directory::take_room_for_cells(Kind kind, uint32_t cell, uint32_t cells) const {
  if (room == nullptr) return 0;
  if (cells <= kFewCells) return room->take_cells(cell, cells);
  const uint32_t owned = ops(kind).owned(cells);
  return owned != 0 ? room->take_cells_in(sizes.stripes, cell, owned) : 0;
}

/// All that making an entry writes beside the bitmaps.
int32_t Directory::take_room_for(const Entry& entry, uint32_t number) const {
  const void* text = texts + uint64_t{entry.text} * kTextUnit;
  int32_t failed = take_room(&entries[number], sizeof(Entry));
  if (failed == 0) failed = take_room(text, total_length(entry));
  if (failed == 0) failed = take_room(hold_word(process, number), sizeof(uint64_t));
  const bool is_named = entry.lengths[kName] != 0;
  if (failed == 0 && is_named) failed = take_room(&buckets[entry.hash % sizes.entries], sizeof(uint32_t));
  return failed != 0 ? failed : take_room_for_cells(entry.kind, entry.cell, entry.cells);
}

int32_t Directory::build(const Description& wanted, uint32_t hash) {
  uint32_t length = 0;
  for (const Bytes& one : wanted.texts) length += one.length;
  Bitmap entry_bits = entry_map();
  Bitmap text_bits = text_map();
  Bitmap cell_bits = cell_map();
  const int64_t number = entry_bits.take(1);
  const int64_t text = number < 0 ? number : text_bits.take(units(length));
  const int64_t cell = text < 0 ? text : cell_bits.take(wanted.cells);
  int64_t result = cell < 0 ? cell : 0;
  // Its bit says that it is free.
  if (result == 0 && load(&entries[number].state) != kFree) result = kDamaged;
  Entry entry = {};
  if (result == 0) {
    entry.hash = hash;
    entry.cell = static_cast<uint32_t>(cell);
    entry.cells = wanted.cells;
    entry.text = static_cast<uint32_t>(text);
    for (uint32_t i = 0; i < kTexts; ++i) entry.lengths[i] = static_cast<uint16_t>(wanted.texts[i].length);
    entry.kind = wanted.kind;
    entry.by_mm_cid = wanted.by_mm_cid ? 1 : 0;
    entry.shape = wanted.shape;
    result = take_room_for(entry, static_cast<uint32_t>(number));
  }
  if (result < 0) {
    if (cell >= 0) cell_bits.give_back(static_cast<uint32_t>(cell), wanted.cells);
    if (text >= 0) text_bits.give_back(static_cast<uint32_t>(text), units(length));
    if (number >= 0) entry_bits.give_back(static_cast<uint32_t>(number), 1);
    return static_cast<int32_t>(result);
  }
  // Before the next owner's texts and numbers: who finds one of them finds, in still(), the last one's
  // changed generation. A removal has stored that, and kFree, earlier.
  __atomic_thread_fence(__ATOMIC_RELEASE);
  // Nobody copies an entry that is not live; but anybody looks.
  entry.state = entries[number].state;
  entry.generation = entries[number].generation;
  entry.next = entries[number].next;
  char* at = texts + static_cast<uint64_t>(text) * kTextUnit;
  for (const Bytes& one : wanted.texts) {
    store_shared(at, one.data, one.length);
    at += one.length;
  }
  store_shared(&entries[number], &entry, sizeof entry);
  if (header->entry_high <= number) store_shared(&header->entry_high, static_cast<uint32_t>(number) + 1);
  store_shared(&header->entries_used, header->entries_used + 1);
  store_shared(&header->cells_used, header->cells_used + wanted.cells);
  return static_cast<int32_t>(number);
}

int32_t Directory::make(const Description& wanted, Entry* out, bool* made) {
  if (const int32_t failed = lock(); failed != 0) return failed;
  const Bytes& name = wanted.texts[kName];
  const Bytes& labels = wanted.texts[kLabels];
  int32_t number = name.length == 0 ? static_cast<int32_t>(kAbsent) : look(name, labels, out);
  if (number >= 0) {
    number = hold_if({wanted.kind, wanted.by_mm_cid}, static_cast<uint32_t>(number), *out);
  } else {
    begin();
    const uint32_t hash = hash_of(name, labels);
    number = build(wanted, hash);
    if (number == kFull && forget_the_dead()) number = build(wanted, hash);
    if (number == kDamaged) {
      repair();
      begin();
      number = build(wanted, hash);
    }
    if (made != nullptr) *made = number >= 0;
    if (number >= 0) {
      const auto entry = static_cast<uint32_t>(number);
      mark_held(entry);
      set_state(entries[entry], kLive);
      if (name.length != 0) link(entry);
      // As others may have changed it since.
      if (!copy(entry, out)) number = kDamaged;
    }
    end();
  }
  unlock();
  return number;
}

/// Sets the cells of an entry to zero; what lies in a hole is.
void Directory::clear(const Entry& copied) {
  const auto set_zero = [this](uint32_t stripe, uint32_t first, uint32_t count) {
    int64_t* run = cell(stripe, first);
    for (uint32_t i = 0; i < count; ++i) {
      // Looked at first: pages that nobody has touched stay so.
      if (run[i] != 0) __atomic_store_n(&run[i], 0, __ATOMIC_RELAXED);
    }
  };
  const uint32_t end = copied.cell + copied.cells;
  const Layout layout(sizes);
  for (uint32_t stripe = 0; stripe < sizes.stripes + 2; ++stripe) {
    if (!may_have_holes(copied.cell, copied.cells)) {
      set_zero(stripe, copied.cell, copied.cells);
      continue;
    }
    const uint64_t at = layout.stripes + stripe * layout.stripe_bytes;
    holes::each_data(fd, at + copied.cell * sizeof(int64_t), at + end * sizeof(int64_t),
                     [&](uint64_t from, uint64_t to) {
                       const auto first = static_cast<uint32_t>((from - at) / sizeof(int64_t));
                       set_zero(stripe, first, static_cast<uint32_t>((to - from) / sizeof(int64_t)));
                     });
  }
}

/// Cells, text and number of an entry go back. Can be done again where it was cut short.
void Directory::remove(uint32_t number) {
  Entry& entry = entries[number];
  set_state(entry, kRemoving);
  // Before the zeros: who reads one of them finds that state, or a later one, in still().
  __atomic_thread_fence(__ATOMIC_RELEASE);
  const Entry copied = entry;
  unlink(number);
  // What another entry has taken along is not cleared once more.
  const bool is_own = inside(copied) && cell_map().is_all_marked(copied.cell, copied.cells);
  if (is_own) clear(copied);
  __atomic_store_n(&entry.generation, copied.generation + 1, __ATOMIC_RELEASE);
  set_state(entry, kFree);
  if (!is_own) return;
  cell_map().give_back(copied.cell, copied.cells);
  text_map().give_back(copied.text, units(total_length(copied)));
  entry_map().give_back(number, 1);
  const auto less = [](uint32_t* count, uint32_t by) { store_shared(count, *count > by ? *count - by : 0); };
  less(&header->entries_used, 1);
  less(&header->cells_used, copied.cells);
}

}  // namespace rseq::region
