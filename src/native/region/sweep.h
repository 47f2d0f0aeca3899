/// Removes region files that nobody has any more.
///
/// A process between opening a file and joining those who have it cannot be seen. So both sides take the
/// directory's lock and look under it whether the path leads to the file that they opened: who sweeps before
/// the file is removed, who joins before a place is taken (recovery.cc). Whoever comes second finds the
/// other: a living process, or another file, and then opens the path again.
#pragma once

namespace rseq::region {

/// Removes the file, if it is a region of this user's, of whatever format, that no living process has joined.
/// @return whether it did
bool sweep(const char* path);

}  // namespace rseq::region
