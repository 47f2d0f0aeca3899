/* region/directory.cc, region/recovery.cc: what directory.pml and look.pml have in common. Two processes make names,
 * add, and close or only let go; they are killed at any step, and the next one that gets the lock repairs.
 */
#define E 2
#define NOBODY 9
#define FREE 0
#define LIVE 1
#define REMOVING 2
#ifndef OPS
#ifdef LOOK
#define OPS 2
#else
#define OPS 1
#endif
#endif
#ifndef KILLS
#define KILLS 1
#endif

/* header and entries */
bool dirty;
byte state[E], generation[E], name[E], next[E], cell[E];
byte bucket[2];                  /* entry + 1, or 0 */
bool entry_map[E], cell_map[E];
bool holds[4];                   /* process * E + entry */
byte stripe0[E], stripe1[E];     /* the cells */
byte lock = NOBODY;              /* the kernel's: taken back from the dead, as what says who lives */
bool dead[2], kill_[2];
/* ghosts */
byte named[16];                  /* the name by entry * 8 + generation */
byte total[E];                   /* what was added */
bool must[4];                    /* this name was acknowledged, and not removed */
byte open1 = NOBODY;             /* LOOK: name 1's entry */

#ifdef NAMELESS
#define NAMED(n) (n != 2)
#else
#define NAMED(n) true
#endif
#define BUCKET(n) (n == 3 -> 1 : 0)
#define HELD(e) ((holds[e] && !dead[0]) || (holds[E + e] && !dead[1]))

inline link_(e) {
  next[e] = bucket[BUCKET(name[e])];
  bucket[BUCKET(name[e])] = e + 1
}

inline unlink_(e) {
  if
  :: bucket[BUCKET(name[e])] == e + 1 -> bucket[BUCKET(name[e])] = next[e]
  :: bucket[BUCKET(name[e])] == 2 - e && next[1 - e] == e + 1 -> next[1 - e] = next[e]
  :: else
  fi
}

inline remove(e) {               /* the entry is in REMOVING */
  unlink_(e);
#ifdef BUG_FREE
  state[e] = FREE;
#endif
  assert(!HELD(e));
  stripe0[cell[e]] = 0;
  stripe1[cell[e]] = 0;
#ifndef BUG_GEN
  generation[e] = generation[e] + 1;
#endif
  state[e] = FREE;
  cell_map[cell[e]] = 0;
  entry_map[e] = 0
}

inline repair() {
  d_step { entry_map[0] = 0; entry_map[1] = 0; cell_map[0] = 0; cell_map[1] = 0 };
  bucket[0] = 0;
  bucket[1] = 0;
  r = 0;
  do
  :: r < E ->
     if
     :: state[r] == FREE
     :: else ->
        d_step { entry_map[r] = 1; cell_map[cell[r]] = 1 };
        if
        :: state[r] == LIVE && NAMED(name[r]) -> link_(r)
        :: state[r] == REMOVING || (!NAMED(name[r]) && !HELD(r)) -> state[r] = REMOVING; remove(r)
        :: else
        fi
     fi;
     r++
  :: else -> r = 0; break
  od;
  dirty = 0
}

inline lock_() {
  atomic { lock == NOBODY -> lock = i };
  if :: dirty -> repair() :: else fi
}

inline look(n) {                 /* under the lock -> f */
  d_step {
    f = NOBODY;
    if
    :: !NAMED(n) || bucket[BUCKET(n)] == 0
    :: else ->
       f = bucket[BUCKET(n)] - 1;
       if :: name[f] != n && next[f] != 0 -> f = next[f] - 1 :: else fi;
       if :: name[f] != n -> f = NOBODY :: else fi
    fi
  }
}

inline build_() {                /* the name n -> e, or NOBODY: full */
  e = NOBODY;
  if
  :: !entry_map[0] -> entry_map[0] = 1; e = 0
  :: entry_map[0] && !entry_map[1] -> entry_map[1] = 1; e = 1
  :: else
  fi;
  if
  :: e != NOBODY ->
#ifdef BUG_STATE
     state[e] = LIVE;
#endif
     if :: !cell_map[0] -> cell_map[0] = 1; cell[e] = 0 :: else -> assert(!cell_map[1]); cell_map[1] = 1; cell[e] = 1 fi;
     d_step { name[e] = n; total[e] = 0; named[e * 8 + generation[e]] = n };
     holds[i * E + e] = 1;
     state[e] = LIVE;
     if :: NAMED(n) -> link_(e) :: else fi;
     assert(stripe0[cell[e]] == 0 && stripe1[cell[e]] == 0)
  :: else
  fi
}

inline let_go() {                /* and close */
  lock_();
#ifndef BUG_BEGIN
#ifndef BUG_DIRTY
  dirty = 1;
#endif
#endif
  holds[i * E + e] = 0;
#ifdef BUG_ALIVE
  if :: state[e] == LIVE ->
#else
  if :: state[e] == LIVE && !HELD(e) ->
#endif
     d_step { state[e] = REMOVING; must[name[e]] = false };
#ifdef BUG_BEGIN
     dirty = 1;
#endif
     remove(e)
  :: else
  fi;
  dirty = 0;
  lock = NOBODY
}

/* Which names: two processes that are alike need not both have the choice. The first one is killed. */
inline choose() {
#if defined(LOOK)
  if :: i == 0 && open1 == NOBODY -> n = 1 :: else -> if :: n = 2 :: n = 3 fi fi
#elif defined(FULL)
  if :: n = 1 :: n = 2 fi
#elif defined(NAMELESS)
  n = 2; if :: i == 1 -> n = 1 :: skip fi
#else
  n = 1; if :: i == 0 -> n = 2 :: skip fi
#endif
}

proctype Process(byte i) {
  byte n, f, e, r, ops, g;
  {
    do
    :: ops < OPS ->
       choose();
       /* make() */
       lock_();
       look(n);
       if
       :: f != NOBODY -> e = f; holds[i * E + e] = 1; assert(state[e] == LIVE)
       :: else ->
#ifndef BUG_DIRTY
          dirty = 1;
#endif
          build_();
          dirty = 0
       fi;
       d_step {
         if :: e != NOBODY -> g = generation[e]; must[n] = NAMED(n) :: else fi;
         lock = NOBODY
       };
       if
       :: e != NOBODY ->
          assert(state[1 - e] != LIVE || (cell[1 - e] != cell[e] && (!NAMED(n) || name[1 - e] != n)));
          d_step { stripe0[cell[e]]++; total[e]++ };
          d_step { stripe1[cell[e]]++; total[e]++ };
          assert(state[e] == LIVE && name[e] == n && generation[e] == g);
          if
#ifdef LOOK
          :: n == 1 -> open1 = e
          :: n != 1 && NAMED(n) -> holds[i * E + e] = 0
          :: n != 1 -> let_go()
#else
          :: NAMED(n) -> holds[i * E + e] = 0                 /* the thread ended: the name stays */
          :: let_go()
#endif
          fi
       :: else
       fi;
       d_step { ops++; e = 0; f = 0; n = 0; r = 0; g = 0 }
    :: else -> break
    od
  } unless { kill_[i] };
  atomic { dead[i] = true; if :: lock == i -> lock = NOBODY :: else fi }
}


proctype Killer() {
  byte k;
  do
  :: k < KILLS -> if :: kill_[0] = true :: KILLS > 1 -> kill_[1] = true :: skip fi; k++
  :: else -> break
  od
}
