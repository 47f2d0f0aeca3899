/* pool.cc: a pool of two slots with one stack of hints, in memory of processes P and Q. Q lives; P is killed as a
 * whole at any step. Thread 0 of P acquires a slot, hands it over to thread 1 in a message, and ends at once. Thread 1
 * adopts and releases it. Thread 2 of P and thread 3 of Q reclaim, acquire and release.
 * No slot is used by two threads at a time. A ticket that arrives finds its slot as long as the sender's process
 * lives. When all is over, Q can have every slot that no living thread has.
 *   ACROSS       thread 1 is of Q
 *   TAKE_BACK    the sender adopts its own ticket, if it can, and hands the slot over again, to thread 2;
 *                with FULL it may also release it, or not try
 *   MANY         thread 1 releases by release_many(), also with the slot twice in the list, which is refused
 *   BUG_STORE    acquire() stores its word instead of exchanging it
 *   BUG_LIVES    reclaim() does not ask whether the owner lives
 *   BUG_SEARCH   acquire() trusts the hints alone
 *   BUG_ADOPT    adopt() takes any word of the process (with TAKE_BACK)
 *   BUG_NUMBER   words and tickets carry no number (with TAKE_BACK)
 *   BUG_TRANSIT  reclaim() takes what a living process has handed over
 *   BUG_RELEASE  the slot's number is sent without a hand-over, and release() takes any word of the process
 *   BUG_MANY     … release_many() marks any word of the process, and stores 0 over its marks
 */
#ifndef ROUNDS
#define ROUNDS 1
#endif
#if defined(BUG_RELEASE) || defined(BUG_MANY)
#define BARE                     /* the message has a slot that was not handed over */
#endif
#ifdef BUG_MANY
#define MANY
#endif
#include "pool-calls.pml"

proctype Sender() {              /* thread 0 */
  byte s, k, w, n; byte i = 0;
  {
    acquire();
    if
    :: s == NONE -> message!0, NONE
#ifdef BARE
    :: else -> message!0, s
#else
    :: else -> hand_over(); message!n, s
#endif
    fi;
#ifdef TAKE_BACK
    if
    :: s != NONE ->
       adopt(0);
       if
#ifdef FULL
       :: w == 1 -> w = 0; release(); another!0, NONE
#endif
       :: w == 1 -> w = 0; hand_over(); another!n, s
       :: w == 0 -> another!0, NONE
       fi
#ifdef FULL
    :: another!0, NONE
#else
    :: s == NONE -> another!0, NONE
#endif
    fi;
#endif
    ended = true
  } unless { killed }
}

proctype Receiver() {            /* thread 1 */
  byte s, k, w, n, most; byte i = 1;
  {
    if :: message?n, s :: Q_THREAD(1) && killed && empty(message) -> s = NONE fi;
    if
    :: s == NONE -> skip
    :: s != NONE ->
#ifdef BARE
       w = 1;
#else
       adopt(0);
#endif
       if
       :: w == 0 -> skip
       :: else ->
          w = 0;
#ifdef MANY
#ifndef BUG_MANY
          if :: most = 2; release_many(); assert(owner[s] == WORD) :: skip fi;
#endif
          most = 1;
          release_many()
#else
          release()
#endif
       fi
    fi
  } unless { !Q_THREAD(1) && killed }
}

proctype Other(byte i) {         /* thread 2 of P, thread 3 of Q */
  byte s, k, w, n, rounds;
  {
    do
    :: reclaim();
       acquire();
       if :: s != NONE -> release() :: else fi;
       atomic { rounds++; if :: rounds == ROUNDS -> rounds = 0; break :: else fi }
    od;
#ifdef TAKE_BACK
    if
    :: i == 2 -> another?n, s; if :: s != NONE -> adopt(0); if :: w == 1 -> w = 0; release() :: else fi :: else fi
    :: else
    fi
#endif
  } unless { i == 2 && killed }
}

proctype Killer() { if :: killed = true :: skip fi }

init {
  byte s, k, w, free; byte i = 3;
  atomic {
    stack[0] = 1; stack[1] = 0; height = 2;
    run Sender(); run Receiver(); run Other(2); run Other(3); run Killer()
  }
  (_nr_pr == 1);
  reclaim();
  do
  :: k < SLOTS -> assert(owner[k] == 0 || (!killed && owner[k] == 1)); free = free + (owner[k] == 0 -> 1 : 0); k++
  :: else -> k = 0; break
  od;
  do
  :: free > 0 -> acquire(); assert(s != NONE); free--         /* none is lost for ever */
  :: else -> break
  od
}
