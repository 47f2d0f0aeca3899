/* ring.cc, drain.cc: one stripe's ring of two slots, two words each. Two writers of two records and one, a consumer, and
 * the next one. A writer or the first consumer is killed at any step. Writers share a CPU and write in sections, which
 * are aborted with half a record written; or they are of the overflow stripe, and take its lock from the dead.
 * Each record that is read is whole, and is read once, or counted as lost or discarded.
 *   OVERFLOW    under the overflow stripe's lock
 *   OVERWRITE   old records are written over, else new ones are discarded
 *   WEAK        a head becomes visible to the reader late, but before the next record's words
 *   FULL        the second consumer can be first, too
 *   BUG_TORN    the reader does not look at the head again when it has copied (with OVERWRITE)
 *   BUG_LIMIT   the limit is stored before the records were copied
 *   BUG_TURN    tail and losses are stored in place, not switched by the turn (with OVERWRITE)
 *   BUG_LOCK    the writers' lock is taken from a living owner (with OVERFLOW)
 *   BUG_FENCE   the next record's words do not wait for the head (with OVERWRITE WEAK)
 */
#define CAP 2
#ifdef OVERWRITE
#define READABLE (CAP - 1)
#else
#define READABLE CAP
#endif
#ifndef RECORDS
#define RECORDS (2 - i)          /* the second writer: one */
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#define NOBODY 9
byte w0[CAP], w1[CAP];
byte head, seen;                 /* seen: the head as other CPUs see it */
byte limit, turn, tails[2], losses[2], discarded;
byte cpu = NOBODY;               /* who is in a section */
byte writer = NOBODY;            /* the overflow stripe's lock */
byte consumer = NOBODY;
bool dead[4];                    /* 0, 1: writers; 2, 3: consumers */
bool kill_[4];
/* ghosts */
byte written[6];                 /* what was committed at each position */
bool taken[6];                   /* what was consumed */
byte asked, committed;

#ifdef WEAK
#define HEAD seen
#else
#define HEAD head
#endif

inline write_words() {           /* from the last to the first, as append() does */
#ifdef WEAK
#ifndef BUG_FENCE
  seen = head;
#endif
#endif
  w1[h % CAP] = id;
  w0[h % CAP] = id
}

proctype Writer(byte i) {
  byte n, h, id, tries; bool filled;
  {
    do
    :: n < RECORDS ->
       id = 10 * (i + 1) + n;
       tries = 0;
#ifndef OVERFLOW
again: h = head;
#ifdef OVERWRITE
       filled = false;
#else
       filled = (h - limit >= CAP);
#endif
       if
       :: filled -> d_step { cpu == NOBODY -> discarded++; asked++ }
       :: !filled ->
          atomic { cpu == NOBODY -> cpu = i };
          if
          :: head != h -> cpu = NOBODY; goto again           /* moved */
          :: head == h ->
             write_words();
             if
             :: tries == 0 -> atomic { cpu = NOBODY; tries = 1; goto again }    /* aborted */
             :: d_step { written[h] = id; asked++; committed++; head = h + 1; cpu = NOBODY }
             fi
          fi
       fi;
#else
       do
       :: d_step { writer == NOBODY -> writer = i }; break
#ifdef BUG_LOCK
       :: d_step { writer != NOBODY && writer != i -> writer = i }; break
#else
       :: d_step { writer < 4 && dead[writer] -> writer = i }; break
#endif
       :: tries == 0 -> tries = 2; break                      /* gave up */
       od;
       if
       :: writer != i -> d_step { discarded++; asked++ }
       :: writer == i ->
          h = head;
#ifdef OVERWRITE
          filled = false;
#else
          filled = (h - limit >= CAP);
#endif
          if
          :: filled -> writer = NOBODY; d_step { discarded++; asked++ }
          :: else ->
             write_words();
             d_step { written[h] = id; asked++; committed++; head = h + 1 };
             d_step { if :: writer == i -> writer = NOBODY :: else fi }
          fi
       fi;
#endif
       d_step { n++; tries = 0; h = 0; id = 0; filled = false }
    :: else -> break
    od
  } unless { kill_[i] };
  atomic { dead[i] = true; if :: cpu == i -> cpu = NOBODY :: else fi }
}

proctype Consumer(byte i) {
  byte tail, hd, at, end, a, b, t, last, got, k; byte rounds; bool took[6];
  {
    do
    :: rounds < ROUNDS ->
    /* begin() */
#ifndef FULL
    if :: i == 3 -> (dead[2]) :: else fi;
#endif
    if
    :: d_step { consumer == NOBODY -> consumer = i }
    :: d_step { consumer < 4 && consumer != i && dead[consumer] -> consumer = i }
    fi;
    t = turn; tail = tails[t % 2];
    if :: limit != tail -> limit = tail :: else fi;
    end = HEAD;
    /* read() */
    hd = HEAD;
    at = (hd - tail > READABLE -> hd - READABLE : tail);
    got = 0;
#ifdef BUG_LIMIT
    limit = end;
#endif
    do
    :: at < end ->
       a = w0[at % CAP];
       b = w1[at % CAP];
#ifdef OVERWRITE
#ifndef BUG_TORN
       hd = HEAD;
       if
       :: hd - at >= CAP -> at = (hd - READABLE > at -> hd - READABLE : at + 1); goto next
       :: else
       fi;
#endif
#endif
       assert(a == b && a == written[at]);                   /* whole, and the one that was written there */
       d_step { last = at; got++; took[at] = true; at++ };
next:  skip
    :: at >= end -> break
    od;
    /* advance(): one switch; what a consumer had read that dies before it, the next one reads again */
    if
    :: got > 0 ->
       assert(last + 1 - tail <= head - tail && got <= last + 1 - tail);
#ifdef BUG_TURN
       k = tail;
       d_step { tails[t % 2] = last + 1;
         do :: k <= last -> if :: took[k] -> taken[k] = true; took[k] = false :: else fi; k++ :: else -> k = 0; break od };
       losses[t % 2] = losses[t % 2] + last + 1 - tail - got;
#else
       tails[(t + 1) % 2] = last + 1;
       losses[(t + 1) % 2] = losses[t % 2] + last + 1 - tail - got;
       d_step { turn = t + 1; k = tail;
         do :: k <= last -> assert(!(taken[k] && took[k])); if :: took[k] -> taken[k] = true; took[k] = false :: else fi; k++ :: else -> k = 0; break od }
#endif
       limit = last + 1
    :: else
    fi;
    consumer = NOBODY;                                        /* end() */
    d_step { rounds++; t = 0; tail = 0; hd = 0; at = 0; end = 0; a = 0; b = 0; last = 0; got = 0 }
    :: else -> break
    od
  } unless { kill_[i] };
  atomic { dead[i] = true }
}

proctype Killer() {
  if :: kill_[0] = true :: kill_[2] = true :: skip fi
}

#ifdef WEAK
proctype Visible() { do :: d_step { seen != head -> seen = head } :: (dead[0] && dead[1] && dead[2] && dead[3]) -> break od }
#endif

init {
  byte i, gone;
  atomic {
    run Writer(0); run Writer(1); run Consumer(2); run Consumer(3); run Killer();
#ifdef WEAK
    run Visible();
#endif
  }
  (dead[0] && dead[1] && dead[2] && dead[3]);
  atomic {
    /* all that was acknowledged is consumed, lost and counted, discarded and counted, or there */
    assert(asked == committed + discarded && committed == head);
    assert(limit <= tails[turn % 2] && tails[turn % 2] <= head);
    i = 0; gone = 0;
    do :: i < tails[turn % 2] -> gone = gone + (taken[i] -> 0 : 1); i++ :: else -> break od;
    /* of what is behind the tail, that which nobody took is counted as lost */
    assert(gone == losses[turn % 2]);
#ifndef OVERWRITE
    assert(losses[turn % 2] == 0)
#endif
  }
}
