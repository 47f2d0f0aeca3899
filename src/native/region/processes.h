/// How a process writes itself into a region.
#pragma once

#include "region/format.h"

namespace rseq::region {

/// The calling process. Source: proc_pid_stat(5), namespaces(7).
Process this_process();

}  // namespace rseq::region
