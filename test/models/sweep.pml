/* service.ts, region/backing.cc, Directory::join(): the leader of a service is dead, and its file is there with nobody
 * in it. Two children that were started with the path attach, or make the file; a sweeper of another service looks
 * whether anybody lives, and unlinks. The first child or the sweeper is killed at any step.
 * A sweeper opens the file, takes the directory's lock (once: busy is somebody living), asks by locks who lives, looks
 * whether the path still leads to this file, and unlinks it; all under the lock. A joiner opens, takes the lock, looks
 * whether the path leads to what it opened, takes its process lock, gives the lock back; else it starts again.
 * A maker fills a temporary file, links it under the path, and unlinks the temporary name; where that was swept before
 * it was linked, it starts again.
 * Children that live are in one file, and the path leads to it. When all are gone, a sweep leaves nothing.
 *   TWO         two sweepers, of the path alone; with FULL of temporary names, too
 *   BUG_SWEEP   the sweeper does not ask who lives
 *   BUG_CHECK   the joiner does not look at the path again
 *   BUG_LOCK    it looks, when it has joined; but neither side has the directory's lock
 *   BUG_PATH    the sweeper does not look whether the path still leads to its file (with TWO)
 *   BUG_LITTER  temporary names are not swept
 *   BUG_AGAIN   a maker whose temporary file was swept gives up
 */
#define NONE 9
#define INODES 7
#define NOBODY 9
byte path = 0;                   /* the inode behind the name */
byte temporary[2] = NONE;        /* … behind each maker's temporary name */
byte opened[5] = NONE;           /* … of the file that each has open */
byte made[2] = NONE;             /* … of the one that each makes */
byte directory[INODES] = NOBODY; /* locks of the kernel: taken back from the dead */
bool process[14];                /* inode * 2 + child: its process lock */
bool kill_[4];                   /* 0, 1: children; 2, 3: sweepers */
bool done[4];
byte where[2] = NONE;

#ifdef BUG_LOCK
#define TAKE(fd) skip
#define GIVE(fd) skip
#else
#define TAKE(fd) atomic { directory[fd] == NOBODY -> directory[fd] = i }
#define GIVE(fd) directory[fd] = NOBODY
#endif

inline give_back() {
  d_step {
    k = 0;
    do
    :: k < INODES ->
       if :: directory[k] == i -> directory[k] = NOBODY :: else fi;
       if :: i < 2 -> process[k * 2 + i] = false :: else fi;
       k++
    :: else -> k = 0; break
    od;
    opened[i] = NONE;
    if :: i < 2 -> made[i] = NONE :: else fi;
    done[i] = true
  }
}

/* A number is given again when its file has no name, and nobody has it open. */
#define IN_USE(n) (path == n || temporary[0] == n || temporary[1] == n || made[1 - i] == n || \
  opened[0] == n || opened[1] == n || opened[2] == n || opened[3] == n)

/* Makes the file, whole, under its name. -> again: the temporary file was swept */
inline publish() {
  atomic {
    made[i] = 0;
    do
    :: IN_USE(made[i]) -> made[i]++
    :: else -> break
    od;
    assert(made[i] < INODES);
    temporary[i] = made[i]
  };
  d_step {                                      /* link() */
    if
    :: temporary[i] == NONE -> again = true     /* ENOENT */
    :: temporary[i] != NONE && path == NONE -> path = made[i]
    :: else                                     /* EEXIST: somebody was first */
    fi
  };
  d_step { temporary[i] = NONE; made[i] = NONE }
}

proctype Child(byte i) {
  byte k; bool again;
  {
    do
    :: opened[i] = path;                        /* open() */
       if
       :: opened[i] == NONE ->
          publish();
#ifdef BUG_AGAIN
          if :: again -> break :: else fi
#else
          again = false
#endif
       :: else ->
#ifdef BUG_LOCK
          process[opened[i] * 2 + i] = true;
          if :: path == opened[i] -> break :: else -> process[opened[i] * 2 + i] = false; opened[i] = NONE fi
#else
          TAKE(opened[i]);
#ifndef BUG_CHECK
          if
          :: path == opened[i]
          :: else -> GIVE(opened[i]); goto next
          fi;
#endif
          process[opened[i] * 2 + i] = true;
          GIVE(opened[i]);
          break;
next:     opened[i] = NONE
#endif
       fi
    od;
    atomic { where[i] = opened[i]; done[i] = true };
end: false                                      /* It lives until it is killed. */
  } unless { kill_[i] };
  give_back()
}

inline sweep_temporary() {
#ifndef BUG_LITTER
  temporary[0] = NONE;
  temporary[1] = NONE
#else
  skip
#endif
}

inline sweep_path() {
  opened[i] = path;
  if
  :: opened[i] == NONE
#ifdef BUG_LOCK
  :: opened[i] != NONE ->
#else
  :: opened[i] != NONE && directory[opened[i]] != NOBODY      /* busy */
  :: d_step { opened[i] != NONE && directory[opened[i]] == NOBODY -> directory[opened[i]] = i };
#endif
#ifdef BUG_SWEEP
     living = false;
#else
     living = process[opened[i] * 2] || process[opened[i] * 2 + 1];
#endif
     if
#ifdef BUG_PATH
     :: !living -> path = NONE                  /* unlink(): by name, whichever file that is */
#else
     :: !living -> if :: path == opened[i] -> path = NONE :: else fi
#endif
     :: else
     fi;
     GIVE(opened[i])
  fi;
  d_step { opened[i] = NONE; living = false }
}

proctype Sweeper(byte i) {
  byte k; bool living, first, second;
  {
    do
#if defined(TWO) && !defined(FULL)
    :: !first -> first = true
#else
    :: !first -> sweep_temporary(); first = true
#endif
    :: !second -> sweep_path(); second = true
    :: first && second -> break
    od
  } unless { kill_[i] };
  give_back()
}

proctype Killer() { if :: kill_[0] = true :: kill_[2] = true :: skip fi }

init {
  bool living; byte i = 4;
  atomic {
    run Child(0); run Child(1); run Sweeper(2); run Killer();
#ifdef TWO
    run Sweeper(3)
#else
    done[3] = true
#endif
  }
  (done[0] && done[1] && done[2] && done[3]);
  assert(where[1] != NONE && path == where[1]);
  assert(kill_[0] || where[0] == where[1]);
  kill_[0] = true;
  kill_[1] = true;
  (_nr_pr == 1);
  sweep_temporary();
  sweep_path();
  assert(path == NONE && temporary[0] == NONE && temporary[1] == NONE)
}
