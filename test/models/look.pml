/* A reader that takes no lock, for it may only read, looks for name 1. Nobody closes that; meanwhile other names are
 * made and removed (directory-changes.pml), and somebody is killed at any step, so that the buckets are emptied and
 * filled again. The reader finds it.
 *   BUG_LOOK    it does not look at all entries where the chain has not led it to the name
 */
#define LOOK
#include "directory-changes.pml"

proctype Reader() {              /* look(), of a region that is only read */
  byte p, e, steps, g; bool found;
end: (open1 != NOBODY);
  p = bucket[0];
  do
  :: p != 0 && steps < E ->
     e = p - 1;
     g = generation[e];
     if
     :: state[e] == LIVE && name[e] == 1 -> if :: generation[e] == g -> found = true; break :: else fi
     :: else
     fi;
     p = next[e];
     steps++
  :: else -> break
  od;
#ifndef BUG_LOOK
  atomic { e = 0; p = 0; steps = 0 };
  do
  :: !found && e < E ->
     g = generation[e];
     if
     :: state[e] == LIVE && name[e] == 1 -> if :: generation[e] == g -> found = true :: else fi
     :: else
     fi;
     e++
  :: else -> break
  od;
#endif
  assert(found)
}

init {
  atomic { run Process(0); run Process(1); run Reader(); run Killer() }
}
