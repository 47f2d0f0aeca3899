/* Directory::copy() on a machine that may make stores visible in another order. One hold of the lock gives an entry
 * back (a new generation, released) and builds the next one in it (fields, relaxed; live, released). A reader copies:
 * generation, state, fields, acquire fence, generation. Where both looks are the same, the fields are of that owner. The
 * writer is killed at any step.
 * A relaxed store becomes visible at any time after it was made; a released one after all before it. The release fence
 * behind the generation keeps the next owner's fields behind it.
 *   BUG_FENCE   there is none: the next owner's fields can be visible before the new generation
 *   BUG_GEN     the reader does not look at the generation again
 */
#define FREE 0
#define LIVE 1
#define REMOVING 2
byte state = LIVE, generation, field = 1;                             /* as others see them */
bool removing_, generation_, free_, field_, live_;                   /* made, not visible yet */
bool stop;

proctype Writer() {
  {
    removing_ = true;
    generation_ = true;
#ifndef BUG_FENCE
    !generation_;
#endif
    free_ = true;
    field_ = true;
    live_ = true
  } unless { stop }
}

/* What was made becomes visible also where the process was killed. */
proctype Memory() {
end:
  do
  :: d_step { removing_ -> state = REMOVING; removing_ = false }
  :: d_step { generation_ && !removing_ -> generation = 1; generation_ = false }
  :: d_step { free_ && !generation_ -> state = FREE; free_ = false }
  :: d_step { field_ -> field = 2; field_ = false }
  :: d_step { live_ && !generation_ && !free_ && !field_ -> state = LIVE; live_ = false }
  od
}

proctype Reader() {
  byte g, s, f;
  g = generation;
  s = state;
  f = field;
#ifdef BUG_GEN
  assert(s != LIVE || f == g + 1)
#else
  if
  :: s == LIVE && generation == g -> assert(f == g + 1)
  :: else
  fi
#endif
}

proctype Killer() { if :: stop = true :: skip fi }

init { atomic { run Writer(); run Memory(); run Reader(); run Killer() } }
