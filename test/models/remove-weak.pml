/* Directory::remove() on a machine that may make stores visible in another order: removing (released), release fence,
 * every stripe's cell to zero (relaxed), a new generation (released), free (released). The next owner is built in the
 * same hold of the lock: live (released). The remover is killed at any step. A reader that holds nothing copies, reads
 * the values, and then looks: acquire fence, state, generation. What it keeps is one owner's, and all of it.
 * A relaxed store becomes visible at any time after it was made; a released one after all before it.
 *   BUG_FENCE   no fence behind the state: a zero can be visible before it
 *   BUG_ORDER   the reader looks at the generation before the state
 */
#define FREE 0
#define LIVE 1
#define REMOVING 2
#define STRIPES 2
byte state = LIVE, generation, cell[STRIPES] = 1;                     /* as others see them */
bool removing_, zero_[STRIPES], generation_, free_, live_;           /* made, not visible yet */
bool stop;

proctype Writer() {
  {
    removing_ = true;
#ifndef BUG_FENCE
    !removing_;
#endif
    zero_[0] = true;
    zero_[1] = true;
    generation_ = true;
    free_ = true;
    live_ = true
  } unless { stop }
}

/* What was made becomes visible also where the process was killed. */
proctype Memory() {
end:
  do
  :: d_step { removing_ -> state = REMOVING; removing_ = false }
  :: d_step { zero_[0] -> cell[0] = 0; zero_[0] = false }
  :: d_step { zero_[1] -> cell[1] = 0; zero_[1] = false }
  :: d_step { generation_ && !removing_ && !zero_[0] && !zero_[1] -> generation = 1; generation_ = false }
  :: d_step { free_ && !generation_ -> state = FREE; free_ = false }
  :: d_step { live_ && !free_ && !generation_ -> state = LIVE; live_ = false }
  od
}

proctype Reader() {
  byte g, s, x; bool same;
  g = generation;
  s = state;
  if
  :: s != LIVE || generation != g
  :: else ->
     x = cell[0];
     x = x + cell[1];
#ifdef BUG_ORDER
     same = (generation == g);
     s = state;
#else
     s = state;
     same = (generation == g);
#endif
     assert(s != LIVE || !same || x == (g == 0 -> STRIPES : 0))
  fi
}

proctype Killer() { if :: stop = true :: skip fi }

init { atomic { run Writer(); run Memory(); run Reader(); run Killer() } }
