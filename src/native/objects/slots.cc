#include "objects/slots.h"

namespace rseq::slots {

constinit region::Numbered<Slots, kMostPools> pools = {};

}  // namespace rseq::slots
