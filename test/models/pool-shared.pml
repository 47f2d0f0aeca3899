/* pool.cc: threads beyond the last thread slot have one word, kShared's. Threads 0 and 1 have it here; thread 0
 * acquires the only slot and releases it; thread 1 releases it too, or hands it over, by mistake. Thread 2 has a word
 * of its own. Either of the first two can stop at any step. Nobody stores over the word of another.
 *   BUG_SHARED  release() is a load, a comparison and a store, as it is for a thread that has its word alone
 *   BUG_HAND    … and so is hand_over()
 */
#define SHARED 1
#define OWN 2
#define HANDED 16
byte owner;
chan message = [1] of { bool };
byte user;                       /* ghost: the word of who may use it */
bool stop[2];

inline leave(word) {             /* by an exchange: also where it is not the one that was acquired */
  atomic { if :: owner == SHARED -> assert(user == SHARED); owner = word; user = 0 :: else fi }
}

inline leave_by_store(word) {
  if
  :: owner == SHARED -> atomic { assert(user == SHARED); owner = word; user = 0 }
  :: else
  fi
}

inline release() {
#ifdef BUG_SHARED
  leave_by_store(0)
#else
  leave(0)
#endif
}

inline hand_over() {
#ifdef BUG_HAND
  leave_by_store(HANDED)
#else
  leave(HANDED)
#endif
}

proctype Owner() {
  {
    atomic { owner == 0 -> assert(user == 0); owner = SHARED; user = SHARED };
    message!true;
    release()
  } unless { stop[0] }
}

proctype Mistaken() {
  {
    if
    :: message?_ -> release()
    :: message?_ -> hand_over()
    :: stop[0]
    fi
  } unless { stop[1] }
}

proctype Other() {
end:
  atomic { owner == 0 -> assert(user == 0); owner = OWN; user = OWN };
  atomic { assert(owner == OWN && user == OWN); owner = 0; user = 0 }
}

proctype Killer() { if :: stop[0] = true :: stop[1] = true :: skip fi }

init { atomic { run Owner(); run Mistaken(); run Other(); run Killer() } }
