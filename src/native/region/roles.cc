// Roles that one thread of all processes plays.
#include <errno.h>

#include "region/lock.h"
#include "region/table.h"

namespace rseq::region {

void step_down_locked(uint32_t number, uint32_t roles) {
  Region& region = regions[number];
  for (uint32_t role = 0; role < kMaxRoles; ++role) {
    if (((roles & mine[number].roles) >> role & 1) != 0) lock::give_role(region.memory.fd, role);
  }
  region.roles &= ~(roles & mine[number].roles);
  mine[number].roles &= ~roles;
}

int32_t lead(uint32_t region, uint32_t role) {
  const Guard guard(table);
  Region* found = active(region);
  if (found == nullptr || (region != kProcess && mine[region].opened == 0)) return kClosed;
  if (found->read_only) return kReadOnly;
  if (role >= kMaxRoles) return kAbsent;
  const uint32_t bit = UINT32_C(1) << role;
  if ((found->roles & bit) != 0) return (mine[region].roles & bit) != 0 ? 1 : 0;
  const int error = lock::take_role(found->memory.fd, role);
  if (error == EAGAIN || error == EACCES) return 0;
  if (error != 0) {
    errno = error;
    return kSystem;
  }
  found->roles |= bit;
  mine[region].roles |= bit;
  return 1;
}

int32_t step_down(uint32_t region, uint32_t role) {
  const Guard guard(table);
  if (active(region) == nullptr || role >= kMaxRoles) return kClosed;
  step_down_locked(region, UINT32_C(1) << role);
  return 0;
}

}  // namespace rseq::region
