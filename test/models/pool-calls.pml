/* pool.cc: the words, and what is done with them, as pool.pml uses it. Every load and store of a word is a step of its own;
 * an exchange is one step, and so is a section.
 */
#define SLOTS 2
#define NONE 9
#define NUMBERS 6

#ifdef ACROSS
#define Q_THREAD(t) ((t) == 3 || (t) == 1)
#else
#define Q_THREAD(t) ((t) == 3)
#endif
/* A word: 0, a thread + 1, or what process p has handed over under a number. BUG_MANY: a thread's, marked. */
#define HANDED(p, n) (16 + 16 * (p) + (n))
#define IS_HANDED(w) ((w) >= 16 && (w) < 64)
#define MARK 64
#define PROCESS(w) (IS_HANDED(w) -> (w) / 16 - 1 : (Q_THREAD(((w) & 7) - 1) -> 1 : 0))
#ifdef BUG_NUMBER
#define NUMBER(n) 0
#else
#define NUMBER(n) (n)
#endif
#define WORD (i + 1)

byte owner[SLOTS];
byte number;                     /* the last one given */
byte stack[3], height;           /* hints: pushed and popped by sections, so one step each */
bool ended;                      /* thread 0; the others stay */
bool killed;                     /* P */
chan message = [1] of { byte, byte };         /* to thread 1: a ticket's number and slot */
chan another = [1] of { byte, byte };         /* to thread 2 */

/* ghosts */
byte user[SLOTS];                /* the word of who may use it */
mtype = { SENT, ADOPTED, BACK };
mtype ticket[NUMBERS];

#define P_LIVES(p) ((p) == 1 || !killed)
/* owners::lives(), asked by thread i. */
#define LIVES(w) (P_LIVES(PROCESS(w)) && (PROCESS(w) != Q_THREAD(i) || IS_HANDED(w) || ((w) & 7) != 1 || !ended))

inline push() { atomic { if :: height < 3 -> stack[height] = s; height++ :: skip fi } }         /* or it is lost */

inline acquire() {               /* -> s, or NONE */
  s = NONE;
  atomic { if :: height > 0 -> height--; s = stack[height]; stack[height] = 0 :: else fi };
  if
  :: s != NONE ->
#ifdef BUG_STORE
     atomic { assert(user[s] == 0); owner[s] = WORD; user[s] = WORD }
#else
     atomic { if :: owner[s] == 0 -> assert(user[s] == 0); owner[s] = WORD; user[s] = WORD :: else -> s = NONE fi }
#endif
  :: else
  fi;
#ifndef BUG_SEARCH
  k = 0;
  do
  :: s == NONE && k < SLOTS ->
     atomic { if :: owner[k] == 0 -> assert(user[k] == 0); owner[k] = WORD; user[k] = WORD; s = k :: else fi; k++ }
  :: else -> k = 0; break
  od
#endif
}

inline release() {               /* s */
#ifdef BUG_RELEASE
  w = owner[s];
  if
  :: w == 0 || PROCESS(w) != Q_THREAD(i) -> skip
  :: else ->
     atomic { if :: owner[s] == w -> assert(user[s] == 0 || user[s] == 1 || user[s] == WORD); owner[s] = 0; user[s] = 0
       :: else -> w = 0 fi };
     if :: w != 0 -> push() :: else fi
  fi;
#else
  w = owner[s];
  if
  :: w != WORD -> skip
  :: else -> atomic { assert(user[s] == WORD); owner[s] = 0; user[s] = 0 }; push()
  fi;
#endif
  atomic { s = NONE; w = 0 }
}

inline hand_over() {             /* s -> n */
  atomic { number++; n = number };
  assert(owner[s] == WORD);
  atomic { owner[s] = HANDED(Q_THREAD(i), NUMBER(n)); user[s] = 0; ticket[n] = SENT }
}

inline adopt(p) {                /* the ticket n, s of process p -> w: 1 where it is done */
  atomic {
    if
#ifdef BUG_ADOPT
    :: owner[s] != 0 && PROCESS(owner[s]) == p ->
#else
    :: owner[s] == HANDED(p, NUMBER(n)) ->
#endif
       assert(user[s] == 0 && ticket[n] == SENT);
       ticket[n] = (i == 0 -> BACK : ADOPTED); owner[s] = WORD; user[s] = WORD; w = 1
    :: else ->
       /* Where the sender's process lives, somebody else has adopted it by this ticket. */
       assert(!P_LIVES(p) || ticket[n] == (i == 0 -> ADOPTED : BACK)); w = 0
    fi
  }
}

inline release_many() {          /* s, `most` times in the list: all of them, or none */
#ifdef BUG_MANY
  w = owner[s];
  if
  :: w == 0 || w >= 16 || PROCESS(w) != Q_THREAD(i) -> skip
  :: else ->
     atomic { if :: owner[s] == w && w == 1 -> owner[s] = w + MARK :: else -> w = 0 fi };   /* others' are misuse */
     if
     :: w != 0 -> atomic { assert(user[s] == 0 || user[s] == 1); owner[s] = 0; user[s] = 0 }; push()
     :: else
     fi
  fi;
#else
  atomic { number++; n = number; k = 0 };
  do
  :: k < most ->
     w = owner[s];
     if
     :: w == WORD -> owner[s] = HANDED(Q_THREAD(i), NUMBER(n)); k++
     :: else -> break
     fi
  :: else -> break
  od;
  /* k: how many were marked; of the same slot never more than one */
  atomic {
    assert(k == 1);
    if
    :: owner[s] == HANDED(Q_THREAD(i), NUMBER(n)) ->
       if :: k == most -> owner[s] = 0; user[s] = 0 :: else -> owner[s] = WORD fi
    :: else -> assert(false)
    fi
  };
  if :: k == most -> push() :: else fi;
#endif
  atomic { k = 0; w = 0 }
}

inline reclaim() {
  k = 0;
  do
  :: k < SLOTS ->
     w = owner[k];
     if
#ifdef BUG_LIVES
     :: w != 0 && w != WORD ->
#elif defined(BUG_TRANSIT)
     :: w != 0 && (IS_HANDED(w) || !LIVES(w)) ->
#else
     :: w != 0 && !LIVES(w) ->
#endif
        atomic { if :: owner[k] == w -> assert(user[k] == 0 || !LIVES(user[k])); owner[k] = 0; user[k] = 0 :: else fi }
     :: else
     fi;
     atomic { k++; w = 0 }
  :: else -> k = 0; break
  od
}
