#include "objects/records.h"

namespace rseq::records {

constinit region::Numbered<Ring, kMaxRings> rings = {};

}  // namespace rseq::records
