/// The directory of a region: which runs of cells there are, under which names, and which processes hold
/// them.
///
/// Whatever changes the directory, holds included, takes the lock between processes (lock.h), and sets
/// `dirty` where it takes more than one store. The entries are the truth, and chains, bitmaps and counts
/// follow from them, so that the next process repairs what a killed one left half done: nothing made is lost,
/// nothing is there twice. Looking takes no lock: what it finds stays so only where this process holds it.
/// What anybody else reads counts only where still() says so afterwards.
///
/// A run is given to a next owner only when no living process holds it any more. A process holds what its
/// threads have open, each as often as it was opened; a thread lets go when it closes, or ends. So nobody can
/// add to the cells when they are set to zero, and an add that comes late cannot come at all.
///
/// What it writes has room before anything is changed (room.h), and what it only reads may lie in a hole,
/// which is left alone (holes.h).
///
/// Within a process the caller keeps calls apart (region.cc has a mutex for each region).
///
/// Who wants the lock stands in an event loop's turn, and whoever has it can be stopped for hours. So waits
/// are bounded, and all those since this process had the lock last count as one. Once it has waited for as
/// long as it would, each change is one try, until one succeeds.
#pragma once

#include "region/bitmap.h"
#include "region/extents.h"
#include "region/format.h"
#include "region/result.h"
#include "region/room.h"

namespace rseq::region {

/// How long a change waits for the lock, in milliseconds, where somebody gets an error without it. On a busy
/// machine whoever has it can be kept from the CPU for a hundred of them.
inline constexpr uint32_t kPatience = 1000;
/// … where it can be done later: an event loop stands still as long.
inline constexpr uint32_t kShortPatience = 40;
/// … and where a process joins, which has no requests to answer yet.
inline constexpr uint32_t kMostPatience = 5000;

#pragma GCC visibility push(hidden)
/// How long the calling thread's changes wait: kPatience, unless it has said otherwise.
extern constinit thread_local uint32_t patience;
#pragma GCC visibility pop

/// In one hold of the lock so many links of chains are walked, and no more is removed: chains are short, but
/// names can be chosen so that they are not.
inline constexpr uint32_t kEnoughWalked = 1U << 22;

struct Bytes {
  const void* data;
  uint32_t length;
};

/// What an entry's chain is found by.
inline uint32_t hash_of(const Bytes& name, const Bytes& labels) {
  const uint32_t hash = hash_bytes(name.data, name.length);
  return hash_bytes(labels.data, labels.length, hash_bytes("", 1, hash));
}

/// What an entry is to be, or is.
struct Description {
  Kind kind;
  bool by_mm_cid;
  uint32_t cells;
  uint32_t shape;
  Bytes texts[kTexts];  ///< a name of length 0: nameless, found by its number alone
};

/// What an opening asks for: of another sort, nothing is opened.
struct Sort {
  Kind kind;
  bool by_mm_cid;

  bool is_of(const Entry& entry) const { return entry.kind == kind && (entry.by_mm_cid != 0) == by_mm_cid; }
};

inline uint32_t total_length(const Entry& entry) {
  uint32_t length = 0;
  for (const uint16_t one : entry.lengths) length += one;
  return length;
}

/// Of the text heap, for so many bytes.
inline uint32_t units(uint32_t bytes) { return (bytes + kTextUnit - 1) / kTextUnit; }

/// Runs of up to so many cells have all their pages when they are handed out. Longer ones, such as histograms
/// over a wide range, are mostly never used: they get a page when they touch it.
inline constexpr uint32_t kFewCells = 64;

inline uint32_t load(const uint32_t* word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }

/// Release: what the state says of the rest of the entry is so.
inline void set_state(Entry& entry, State state) { __atomic_store_n(&entry.state, state, __ATOMIC_RELEASE); }

/// Which processes live, as long as the lock is held: each is asked for once. Nobody joins meanwhile; who
/// dies meanwhile counts as alive.
struct Living {
  uint64_t asked[kMaxProcesses / 64];
  uint64_t alive[kMaxProcesses / 64];
};

struct Directory {
  Sizes sizes;  ///< this process's own copy
  int fd;       ///< −1: no other process can have the region
  uint32_t process;
  uint32_t incarnation;  ///< this process's, in that slot
  Header* header;
  Process* processes;
  uint32_t* buckets;
  Entry* entries;
  uint64_t* entry_words;
  uint64_t* cell_words;
  uint64_t* text_words;
  uint64_t* holds;
  char* texts;
  char* cells;      ///< cell 0 of stripe 0, and from one stripe to the next …
  uint64_t stride;  ///< … so many bytes
  uint32_t waited;  ///< in vain for the lock, in milliseconds, since this process has had it
  uint32_t walked;  ///< links of chains, to unlink entries, in this hold of the lock
  Living living;
  bool is_sparse;  ///< all of it is `fd`'s file, of whose holes each read would get a page
  Room* room;      ///< null: needs none, or is only read

  /// @param control  the control part's mapping
  void set(const Sizes& from, char* control);

  int64_t* cell(uint32_t stripe, uint32_t number) const {
    return reinterpret_cast<int64_t*>(cells + stripe * stride) + number;
  }

  /// Whether that place of the control part is in no hole.
  bool is_there(const void* place) const;
  /// Whether cells of a run may lie in holes: who only reads them asks for a map, see holes.h.
  bool may_have_holes(uint32_t cell, uint32_t cells) const {
    return is_sparse && (room == nullptr || !room->knows_cells(cell, cells));
  }

  /// Takes a slot for this process, and lets go of what its last owner held. @return 0 or a Result
  /// @param path  that has led to the file; kAbsent where it does not any more. Null: none that could change
  int32_t join(const char* path = nullptr);

  /// The live entry of that name and those labels, or kAbsent. Without the lock it can be gone already. It
  /// can be missed as well, where an entry of its chain is removed meanwhile, or somebody repairs.
  /// @param out  a copy of it
  int32_t look(const Bytes& name, const Bytes& labels, Entry* out) const;
  /// The same for who has no lock to take: misses nothing that was there all the time.
  int32_t search(const Bytes& name, const Bytes& labels, Entry* out) const;

  /// A copy of an entry whose every number is in bounds. @return false where it is not live, or out of bounds
  bool copy(uint32_t number, Entry* out) const;
  /// To be asked when an owner's entry, cells or texts were read: whether what was read is that owner's.
  /// @param number  below sizes.entries
  bool still(uint32_t number, uint32_t generation) const;
  /// Whether its texts are in no hole: they were written before it was live.
  bool has_texts(const Entry& copied) const;
  /// Whether it has the cells of its kind and shape. Its texts can change meanwhile.
  bool is_shaped(const Entry& copied) const;
  /// A text of such a copy.
  Bytes text(const Entry& copied, Text which) const;

  /// Calls work(begin, bytes) for what of a part of the control part is in no hole.
  template <typename Work>
  void each_part(void* part, uint64_t bytes, const Work& work) const {
    if (!is_sparse) return work(static_cast<char*>(part), bytes);
    const uint64_t at = offset_of(part);
    holes::each_data(fd, at, at + bytes, [&](uint64_t from, uint64_t to) {
      work(static_cast<char*>(part) + (from - at), to - from);
    });
  }
  /// Calls work(number) for every entry that can be live: what lies in a hole never was.
  template <typename Work>
  void each_entry(const Work& work) const {
    each_part(entries, entry_high() * sizeof(Entry), [&](char* from, uint64_t bytes) {
      const auto first = static_cast<uint32_t>(reinterpret_cast<Entry*>(from) - entries);
      for (uint32_t i = 0; i < bytes / sizeof(Entry); ++i) work(first + i);
    });
  }
  /// As many entries as can ever have been live.
  uint32_t entry_high() const;
  /// As many slots of processes as can ever have been taken.
  uint32_t process_high() const;
  /// The entries that living processes hold, a bit for each: words up to `words`. A look, not a lock.
  void held_by_the_living(uint64_t* out, uint32_t words) const;

  /// The entry of that name, or of that number and generation; held by this process from now on. Or kAbsent,
  /// or kOtherKind: then it was not held for a moment either.
  int32_t hold(const Sort& sort, const Bytes& name, const Bytes& labels, Entry* out);
  int32_t hold(const Sort& sort, uint32_t number, uint32_t generation, Entry* out);

  /// The same, and makes it where there is none. Cells of a new one are zero.
  /// @param made  whether there was none; null: nobody asks
  int32_t make(const Description& wanted, Entry* out, bool* made = nullptr);

  /// This process lets go of the entry. Removes it where no living process holds it.
  /// @param keep  a named one stays: see leave()
  /// @return 0, or a Result: then this process holds it still
  int32_t let_go(uint32_t number, bool keep);
  /// Lets go of a named one, which stays: its thread ended, nobody gave it up. Takes no lock.
  /// @return false for a nameless one, of which nothing is changed
  bool leave(uint32_t number);
  /// let_go() of each entry for which that is so, in one hold of the lock.
  /// @param milliseconds  to wait for it; 0: one try
  /// @param wanted  asked below entry_high(), and told that it was done
  template <typename Wanted>
  void let_go_of_all(uint32_t milliseconds, Wanted wanted) {
    if (lock(milliseconds) != 0) return;
    const uint32_t high = entry_high();
    for (uint32_t number = 0; number < high; ++number)
      if (wanted(number)) let_go_locked(number);
    unlock();
  }
  /// Removes the gauges that no living process holds and whose labels have that text. The lock is tried once.
  /// @return how many, or a Result
  int32_t remove_dead_gauges(const Bytes& mark);

 private:
  uint64_t offset_of(const void* place) const {
    return static_cast<uint64_t>(static_cast<const char*>(place) - reinterpret_cast<const char*>(header));
  }
  Bitmap map_of(uint64_t* words, uint32_t bits, uint32_t* hint) const {
    return {.words = words, .bits = bits, .hint = hint, .room = room, .at = offset_of(words)};
  }
  Bitmap entry_map() const { return map_of(entry_words, sizes.entries, &header->entry_hint); }
  Bitmap cell_map() const { return map_of(cell_words, sizes.cells, &header->cell_hint); }
  Bitmap text_map() const { return map_of(text_words, sizes.text_units, &header->text_hint); }
  uint64_t* hold_word(uint32_t owner, uint32_t number) const {
    return holds + uint64_t{owner} * Layout::hold_words(sizes) + number / 64;
  }
  /// Calls work(i, word) for a process's words of holds, up to `words`, but for those in holes.
  template <typename Work>
  void each_hold_word(uint32_t owner, uint32_t words, const Work& work) const {
    uint64_t* first = hold_word(owner, 0);
    each_part(first, words * sizeof *first, [&](char* from, uint64_t bytes) {
      auto* word = reinterpret_cast<uint64_t*>(from);
      for (uint64_t* end = word + bytes / sizeof *word; word < end; ++word)
        work(static_cast<uint32_t>(word - first), word);
    });
  }
  int32_t lock(uint32_t milliseconds = patience);
  void unlock();
  void begin() {
    __atomic_store_n(&header->dirty, 1, __ATOMIC_RELAXED);
    // Before every store of the change: who finds one of them finds that it was begun, in lock().
    __atomic_thread_fence(__ATOMIC_RELEASE);
  }
  void end() { __atomic_store_n(&header->dirty, 0, __ATOMIC_RELEASE); }
  void repair();
  bool inside(const Entry& entry) const;
  bool is_living(uint32_t owner);
  bool is_named(uint32_t number, uint32_t hash, const Bytes& name, const Bytes& labels, Entry* out) const;
  bool is_held(uint32_t number);
  int32_t hold_if(const Sort& sort, uint32_t number, const Entry& copied);
  void mark_held(uint32_t number);
  /// Release: what this process's threads have stored to the cells comes before what a remover stores there.
  /// Its pair is in is_held().
  void drop_hold(uint32_t number) {
    __atomic_fetch_and(hold_word(process, number), ~(UINT64_C(1) << number % 64), __ATOMIC_RELEASE);
  }
  /// Room for what is about to be written. @return 0 or a Result
  int32_t take_room(const void* place, uint64_t bytes) const {
    return room == nullptr ? 0 : room->take(offset_of(place), bytes);
  }
  int32_t take_room_for_cells(Kind kind, uint32_t cell, uint32_t cells) const;
  int32_t take_room_for(const Entry& entry, uint32_t number) const;
  int32_t build(const Description& wanted, uint32_t hash);
  void link(uint32_t number);
  void unlink(uint32_t number);
  void clear(const Entry& copied);
  void remove(uint32_t number);
  void remove_if_unheld(uint32_t number);
  void let_go_locked(uint32_t number);
  void forget(uint32_t owner);
  int32_t take_place();
  bool forget_the_dead();
};

}  // namespace rseq::region
