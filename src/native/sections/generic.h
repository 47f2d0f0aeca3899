/// No critical sections for this architecture: every operation takes the overflow path.
/// Specification: sequences.h.
#pragma once

#define RSEQ_SECTION inline

namespace rseq::sequences {

inline Outcome add_i64(abi::Area*, const uint32_t*, auto...) { return Outcome::kMoved; }
inline Outcome add_f64(abi::Area*, const uint32_t*, auto...) { return Outcome::kMoved; }
inline Outcome compare_store(abi::Area*, const uint32_t*, auto...) { return Outcome::kMoved; }
inline Outcome compare_store_store(abi::Area*, const uint32_t*, auto...) { return Outcome::kMoved; }
inline Outcome watch(abi::Area*, const uint32_t*, auto...) { return Outcome::kMoved; }
inline Outcome append(abi::Area*, const uint32_t*, auto...) { return Outcome::kMoved; }

}  // namespace rseq::sequences
