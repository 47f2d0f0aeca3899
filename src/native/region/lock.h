/// Locks between processes, which the kernel takes back from the dead: locks on single bytes of the region's
/// file, by open file description (fcntl(2), F_OFD_SETLK). They hold across PID namespaces, and no number is
/// reused.
#pragma once

#include <stdint.h>

namespace rseq::region::lock {

/// Takes the directory's lock for this process.
/// @param fd  of the region; −1: nobody else can have it
/// @param milliseconds  to wait for it; 0: one try
/// @return 0, EAGAIN where somebody has kept it as long as that, or another errno
int take_directory(int fd, uint32_t milliseconds);
/// The same, without waiting. @return false where somebody has it, or it cannot be had
bool try_directory(int fd);
void give_directory(int fd);

/// Makes slot `process` this process's own, to its end or until it closes `fd`.
/// @return false where a living process has it
bool take_process(int fd, uint32_t process);

/// Makes role `role` this process's own, to its end or until it gives it back.
/// @return 0, EAGAIN where a living process has it, or another errno
int take_role(int fd, uint32_t role);
void give_role(int fd, uint32_t role);

/// Whether a living process has the slot; not to be asked of one's own. `fd` may be open for reading only.
bool is_alive(int fd, uint32_t process);
/// Whether a living process has joined, by whatever open file description but `fd`'s. Of a file of any
/// format: in all of them byte 0 is the directory's lock, and who has joined has a lock behind it.
bool is_anybody_alive(int fd);

}  // namespace rseq::region::lock
