/* counter.cc, drains by baseline, and let_go() of region/directory.cc. Two threads add, in sections on stripes that they
 * may leave, or to the overflow cell. Two drain. A process removes the entry when nobody holds it, and gives its cells
 * to a next owner. One that adds or one that drains is killed at any step.
 * Each add that was made is in one drain, or left; the next owner finds 0.
 *   WEAK        what a section stored becomes visible later, at the latest with the cleared hold, which is a release;
 *               one drains
 *   FULL        … two drain; and both that add have the choice between two CPUs
 *   BUG_LATE    the baseline is loaded after the cells
 *   BUG_ABORT   a section that was left in the middle commits all the same
 *   BUG_HELD    the remover does not ask who holds
 *   BUG_ORDER   let_go() clears the hold without an order (with WEAK)
 *   BUG_ACQUIRE is_held() looks at the holds without an order: the remover may have read the cells before
 */
#define STRIPES 2
#if defined(WEAK) && !defined(FULL)
#define TWO false                /* that drain */
#else
#define TWO true
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef ADDS
#define ADDS 1
#endif
#ifndef DRAINS
#define DRAINS 1
#endif
byte cell[3];                   /* two stripes, and overflow */
byte baseline;
byte made, handed;              /* ghosts: added, and handed out */
bool hold[4];                   /* 0, 1 add; 2, 3 drain */
bool alive[4];
bool kill_[4];
byte user[STRIPES];             /* which thread is inside a section on that CPU, + 1 */
byte buffered[2], where[2]; bool pending[2];   /* WEAK: one store of each adder */

#define HELD(i) (hold[i] && alive[i])

inline flush(i) { d_step { if :: pending[i] -> cell[where[i]] = buffered[i]; pending[i] = false :: else fi } }

proctype Adder(byte i) {
  byte cpu, n, tries, v;
  {
    n = 0;
    do
    :: n < ADDS ->
       tries = 0;
retry: if
       :: tries == 1 -> atomic { cell[2]++; made++ }   /* overflow */
       :: tries < 1 ->
#ifdef FULL
          if :: cpu = 0 :: cpu = 1 fi;
#else
          if :: cpu = 0 :: i == 0 -> cpu = 1 fi;        /* it migrates */
#endif
          atomic { user[cpu] == 0 -> user[cpu] = i + 1;
            /* What one stored, the next one on that CPU sees. */
            if :: pending[i] && where[i] == cpu -> v = buffered[i]
            :: !(pending[i] && where[i] == cpu) && pending[1 - i] && where[1 - i] == cpu ->
               v = buffered[1 - i]; cell[cpu] = v; pending[1 - i] = false
            :: else -> v = cell[cpu] fi }
          if
          :: user[cpu] = 0; tries++; v = 0;              /* aborted */
#ifdef BUG_ABORT
             atomic { cell[cpu] = v + 1; made++ }
#else
             goto retry
#endif
          :: d_step { user[cpu] == i + 1;
#ifdef WEAK
               if :: pending[i] -> cell[where[i]] = buffered[i] :: else fi;
               where[i] = cpu; buffered[i] = v + 1; pending[i] = true;
#else
               cell[cpu] = v + 1;
#endif
               made++; user[cpu] = 0; v = 0; cpu = 0 }
          fi
       fi;
       atomic { n++; tries = 0 }
#ifdef WEAK
       ; if :: n < ADDS -> flush(i) :: else fi
#endif
    :: else -> break
    od;
#ifndef BUG_ORDER
    flush(i);
#endif
    hold[i] = false
  } unless { kill_[i] };
  /* The kernel takes a dead process's locks back when its stores are visible. */
#ifdef WEAK
  flush(i);
#endif
  atomic {
    if :: user[0] == i + 1 -> user[0] = 0 :: else fi;
    if :: user[1] == i + 1 -> user[1] = 0 :: else fi;
    alive[i] = false
  }
}

proctype Drainer(byte i) {
  byte before, total, n;
  {
    n = 0;
    do
    :: n < DRAINS ->
#ifndef BUG_LATE
       before = baseline;
#endif
again: total = cell[0];
       total = total + cell[1];
       total = total + cell[2];
#ifdef BUG_LATE
       before = baseline;
#endif
       assert(total >= before);          /* only positive amounts are added */
       if
       :: total == before -> skip
       :: total != before ->
          if
          :: d_step { baseline == before -> baseline = total; handed = handed + total - before }
          :: atomic { baseline != before -> before = baseline; goto again }
          fi
       fi;
       d_step { n++; total = 0; before = 0 }
    :: else -> break
    od;
    hold[i] = false
  } unless { kill_[i] };
  alive[i] = false
}

proctype Remover() {
  bool some[3];                  /* cells that are not zero: pages that nobody has touched stay so */
#ifdef BUG_ACQUIRE
  some[0] = (cell[0] != 0);
  some[1] = (cell[1] != 0);
  some[2] = (cell[2] != 0);
#endif
#ifndef BUG_HELD
  /* Nobody takes a hold meanwhile, so looking at all at once is the same as one by one. */
  (!HELD(0) && !HELD(1) && !HELD(2) && !HELD(3));
#endif
#if !defined(BUG_HELD) && !defined(BUG_ORDER)
  assert(handed + cell[0] + cell[1] + cell[2] - baseline == made);
#endif
#ifndef BUG_ACQUIRE
  some[0] = (cell[0] != 0);
  some[1] = (cell[1] != 0);
  some[2] = (cell[2] != 0);
#endif
  if :: some[0] -> cell[0] = 0 :: else fi;
  if :: some[1] -> cell[1] = 0 :: else fi;
  if :: some[2] -> cell[2] = 0 :: else fi;
  baseline = 0;
  /* the next owner adds once, and reads */
  cell[0] = cell[0] + 1;
  assert(cell[0] + cell[1] + cell[2] - baseline == 1)
}

proctype Killer() {
  byte k = 0;
  do
  :: k < KILLS -> if :: kill_[0] = true :: kill_[2] = true :: skip fi; k++
  :: else -> break
  od
}

init {
  d_step {
    hold[0] = true; hold[1] = true; hold[2] = true; hold[3] = TWO;
    alive[0] = true; alive[1] = true; alive[2] = true; alive[3] = TWO }
  atomic {
    run Adder(0); run Adder(1); run Drainer(2); run Remover(); run Killer();
    if :: TWO -> run Drainer(3) :: else fi
  }
}
