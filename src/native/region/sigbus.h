/// The handler of SIGBUS, before all others that the process has: an access that can be mended is made again,
/// and every other signal is handed on to who had it before.
///
/// Others install theirs later, process.on('SIGBUS') among them, and put back the default when they are done.
/// So whoever has something to mend asks again and again.
#pragma once

namespace rseq::region::sigbus {

/// @return whether the access at that address can be made again
using Mend = bool (*)(const char* address);

/// Installs the handler where it is not the one that the process has. Costs a system call where it is.
/// @param mend  the same in each call; called in the handler
void stand_first(Mend mend);

}  // namespace rseq::region::sigbus
