/* Two processes change the directory (directory-changes.pml), and one of them is killed at any step. Two entries, cells
 * of two stripes. A reader holds nothing: it copies an entry and reads its values, as survey.cc does.
 * What was acknowledged stays, no cell is shared, the next owner finds 0, a copy is of one owner, and so are values.
 *   NAMELESS    name 2 is nameless: removed when its holder is gone; with FULL both have the choice of names
 *   BUG_STATE   an entry is live before its fields are stored
 *   BUG_ALIVE   the remover looks at its own holds alone
 *   BUG_DIRTY   dirty is never set
 *   BUG_BEGIN   dirty is set, but the change can be seen before it
 *   BUG_GEN     the generation is not changed when an entry is given back
 *   BUG_FREE    an entry is free before its cells are zero
 *   BUG_SURVEY  the reader looks at the generation alone when it has read the values
 *   BUG_ORDER   … at the generation, then at the state: the state can be the next owner's. In the other order, the
 *               generation says that a live state was of this owner, and values that were read before it as well.
 */
#include "directory-changes.pml"

proctype Reader() {
  byte e, g, s, n, c, x, low; bool same;
  if :: e = 0 :: e = 1 fi;
  /* copy() */
  g = generation[e];
  s = state[e];
  n = name[e];
  c = cell[e];
  d_step { same = (generation[e] == g && s == LIVE); low = total[e] };
  if
  :: same ->
     assert(n == named[e * 8 + g]);
     x = stripe0[c];
     x = x + stripe1[c];
#if defined(BUG_SURVEY)
     same = (generation[e] == g);
#elif defined(BUG_ORDER)
     same = (generation[e] == g);
     s = state[e];
#else
     s = state[e];
     same = (generation[e] == g);
#endif
     assert(!same || s != LIVE || x >= low)
  :: else
  fi
}

init {
  byte r, f, n = 1; byte i = 7;
  atomic { run Process(0); run Process(1); run Reader(); run Killer() }
  (dead[0] && dead[1]);
  lock_();
  do
  :: n <= 3 ->
     look(n);
     assert(!must[n] || (f != NOBODY && state[f] == LIVE && name[f] == n && stripe0[cell[f]] + stripe1[cell[f]] == total[f]));
     n++
  :: else -> break
  od;
  /* Bitmaps say what the entries say, and no entry is on its way for ever. */
  assert(state[0] != REMOVING && state[1] != REMOVING);
  assert(entry_map[0] == (state[0] == LIVE) && entry_map[1] == (state[1] == LIVE));
  assert(cell_map[0] + cell_map[1] == (state[0] == LIVE) + (state[1] == LIVE))
}
