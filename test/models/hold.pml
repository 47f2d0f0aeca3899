/* Directory::hold(), of an entry that is of another kind than is wanted. Process 0 made it and closes it; process 1 opens
 * it by its kind and closes it; process 2 wants another kind. One of the last two is killed at any step. Under the lock
 * the kinds are compared before anything is held. So the entry is gone when the last closer has closed it.
 *   BUG_KIND    it is held first, compared without the lock, and let go: the last closer finds it held, and nobody
 *               closes it any more
 */
#define NOBODY 9
byte lock = NOBODY;              /* the kernel's: taken back from the dead */
bool live = true;
bool hold[3];
bool dead[3], kill_[3];

#define HELD(i) (hold[i] && !dead[i])

inline take() { atomic { lock == NOBODY -> lock = i } }
inline give() { lock = NOBODY }

inline close() {                 /* let_go() */
  take();
  hold[i] = false;
  if
  :: live && !HELD(0) && !HELD(1) && !HELD(2) -> live = false
  :: else
  fi;
  give()
}

inline end() { atomic { dead[i] = true; if :: lock == i -> lock = NOBODY :: else fi } }

proctype Maker() {
  byte i = 0;
  close();
  end()
}

proctype Opener() {
  byte i = 1;
  bool found;
  {
    take();
    if :: live -> hold[i] = true; found = true :: else fi;
    give();
    if :: found -> assert(live); close() :: else fi
  } unless { kill_[1] };
  end()
}

proctype Mistaken() {
  byte i = 2;
  {
    take();
#ifdef BUG_KIND
    if :: live -> hold[i] = true :: else fi;
    give();
    hold[i] = false
#else
    give()
#endif
  } unless { kill_[2] };
  end()
}

proctype Killer() { if :: kill_[1] = true :: kill_[2] = true :: skip fi }

init {
  hold[0] = true;
  atomic { run Maker(); run Opener(); run Mistaken(); run Killer() }
  (dead[0] && dead[1] && dead[2]);
  /* A name that was held when its holder was killed stays: nobody gave it up. */
  assert(!live || kill_[1])
}
