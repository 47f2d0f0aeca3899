/// The abort check: does this kernel abort a section when another thread has run on its CPU?
///
/// Kernels 6.19 to 7.0.13 for aarch64 do not, and their sections lose updates. Distributions backport both
/// that fault and its repair, so where a version is suspect only behaviour tells.
/// Source: linux-kernel, 22 April 2026, "[REGRESSION] rseq: refactoring in v6.19 broke everyone on arm64".
#pragma once

namespace rseq::abort_check {

/// Where the kernel is suspect (kernel.h), starts the check: once per process, in threads of its own. Returns
/// at once. Until it has answered, and for good where sections are not seen to be aborted, every operation of
/// the process takes the overflow path.
void begin();

}  // namespace rseq::abort_check
