/// What a path leads to, which others can change at any time.
#pragma once

namespace rseq::region {

/// Whether the path is a symbolic link that a user can have made. Those of /proc are the kernel's, and the
/// only path of a memfd.
bool is_users_link(const char* path);

/// Whether the path leads to that very open file. It says something only as long as the directory's lock is
/// held: whoever sweeps a region's file away has it.
bool leads_to(const char* path, int fd);

}  // namespace rseq::region
