/// What the kinds of entries have in common.
#pragma once

#include "region/directory.h"

namespace rseq::region {

/// Cells that an entry of that kind has; 0 where there is none of that shape.
/// @param extra  of its texts: a histogram's range or bounds
uint32_t cells_of(Kind kind, bool by_mm_cid, uint32_t shape, const Bytes& extra);

}  // namespace rseq::region
