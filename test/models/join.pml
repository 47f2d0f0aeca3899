/* Directory::join(): a process takes the place of one that is dead, which held an entry. Under the directory's lock it
 * finds a place whose process lock is free, lets go of what the dead one held, and writes itself down. Only then it
 * takes that process lock. The place's first owner dies at any time, the first joiner is killed at any step, and a
 * second one comes. Another process closes the entry meanwhile. A looker takes no lock: held_by_the_living().
 * What a dead process held is never taken for a living one's, the living keep what they hold, and no two processes
 * have the same place and incarnation.
 *   BUG_JOIN    the process lock is taken first
 *   BUG_FORGET  what the dead one held is kept
 *   BUG_ALIVE   the closer does not ask whether others hold the entry
 */
#define NOBODY 9
#define PLACE_FREE (process == NOBODY)
byte directory = NOBODY;         /* locks of the kernel: taken back from the dead */
byte process = 0;                /* … that of the place */
byte incarnation = 1;            /* in the place */
bool hold = true;                /* … of the entry */
bool live = true;                /* the entry's state */
bool dirty;
bool kill_;
/* ghosts */
bool first_died;
bool held_again;                 /* by one that has joined */
byte last;                       /* the incarnation of whoever joined last */

proctype First() {
  atomic { process = NOBODY; first_died = true }
}

inline take_directory() { atomic { directory == NOBODY -> directory = i } }

inline write_down() {
  dirty = 1;
#ifndef BUG_FORGET
  hold = 0;
#endif
  incarnation = incarnation + 1;
  dirty = 0
}

proctype Joiner(byte i) {
  bool joined;
  {
    do
    :: take_directory();
       if
       :: PLACE_FREE ->
#ifdef BUG_JOIN
          process = i;
          write_down();
#else
          write_down();
          process = i;
#endif
          d_step { assert(incarnation > last); last = incarnation; joined = true }
       :: else
       fi;
       directory = NOBODY;
       if :: joined -> break :: else -> PLACE_FREE fi          /* elsewhere there is none */
    od;
    /* hold(), use, let_go(keep) */
    take_directory();
    if
    :: live -> atomic { hold = 1; held_again = true }; directory = NOBODY; assert(live && hold); hold = 0
    :: else -> directory = NOBODY
    fi
  } unless { i == 1 && kill_ };
  atomic {
    if :: directory == i -> directory = NOBODY :: else fi;
    if :: process == i -> process = NOBODY :: else fi
  }
}

proctype Closer(byte i) {
  take_directory();
#ifdef BUG_ALIVE
  live = false;
#else
  if
  :: !hold || PLACE_FREE -> live = false
  :: else
  fi;
#endif
  directory = NOBODY
}

proctype Looker() {
  bool died, alive;
  died = first_died;
  alive = !PLACE_FREE;
  assert(!alive || !hold || !died || held_again)
}

proctype Killer() { if :: kill_ = true :: skip fi }

init { atomic { run First(); run Joiner(1); run Joiner(2); run Closer(3); run Looker(); run Killer() } }
