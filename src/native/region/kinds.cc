#include "region/kinds.h"

#include "objects/records.h"
#include "objects/shape.h"
#include "objects/slots.h"

namespace rseq::region {

uint32_t cells_of(Kind kind, bool by_mm_cid, uint32_t shape, const Bytes& extra) {
  const records::Shape ring = {shape};
  switch (kind) {
    case Kind::kCounter:
    case Kind::kSum:
    case Kind::kGauge:
      return 1;
    case Kind::kHistogram:
      return shape::cells(shape, extra);
    case Kind::kPool:
      return slots::cells(shape);
    case Kind::kRing:
      return ring.valid() && !by_mm_cid ? ring.cells() : 0;
    default:
      return 0;
  }
}

}  // namespace rseq::region
