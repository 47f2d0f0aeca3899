/// Roles in a region: who leads, and until when.
#include <errno.h>
#include <unistd.h>

#include "harness.h"
#include "region/lock.h"
#include "region_file.h"

namespace structures {
namespace {

namespace lock = rseq::region::lock;

/// One thread of one process leads, in each role.
void lead() {
  const RegionFile file;
  const uint32_t number = file.number;
  const int other = file.path.open();
  const auto is_free = [&](uint32_t role) {
    const bool free = lock::take_role(other, role) == 0;
    if (free) lock::give_role(other, role);
    return free;
  };
  expect_result(region::lead(file.looked_at, 1), region::kReadOnly, "looked at");
  expect_result(region::lead(9, 1), region::kClosed, "what is not open");
  expect_result(region::step_down(9, 1), region::kClosed, "what is not open");
  for (const uint32_t role : {region::kMaxRoles, region::kMaxRoles + 1, ~0U}) {
    expect_result(region::lead(number, role), region::kAbsent, "no role");
    expect_result(region::step_down(number, role), region::kClosed, "no role");
  }
  expect(lock::take_role(other, 7) == 0, "another process leads");
  expect_result(region::lead(number, 7), 0, "another process’s");
  lock::give_role(other, 7);
  for (const uint32_t role : {1U, 7U, 8U, region::kMaxRoles - 1})
    for (int i = 0; i < 2; ++i) {
      expect_result(region::lead(number, role), 1, "leads");
      expect(!is_free(role), "it is taken", role);
    }
  on_threads(1, [&](uint32_t) {
    expect_result(region::lead(number, 7), 0, "another thread’s");
    expect_result(region::step_down(number, 7), 0, "not its own");
    expect(!is_free(7), "it stays another thread’s");
    expect_result(region::lead(number, 9), 1, "its own");
    expect_result(region::lead(region::kProcess, 0), 1, "its own, of the process");
  });
  expect(is_free(9), "its thread ended");
  expect_result(region::lead(region::kProcess, 0), 1, "of the process");
  expect_result(region::step_down(region::kProcess, 0), 0, "of the process");
  const uint32_t roles = region::mine[number].roles;
  expect_result(region::step_down(number, 7), 0, "steps down");
  expect(region::mine[number].roles == (roles & ~(1U << 7)), "this thread’s roles",
         region::mine[number].roles);
  expect(region::regions[number].roles == (roles & ~(1U << 7)), "roles", region::regions[number].roles);
  expect(is_free(7) && !is_free(1) && !is_free(8) && !is_free(region::kMaxRoles - 1), "it alone");
  on_threads(1, [&](uint32_t) {
    expect_result(region::lead(number, 7), 1, "another thread leads");
    expect_result(region::lead(number, 8), 0, "not in this one");
  });
  const int fd = region::regions[number].memory.fd;
  region::regions[number].memory.fd = 1 << 20;
  errno = 0;
  expect(region::lead(number, 12) == region::kSystem && errno == EBADF, "no file");
  region::regions[number].memory.fd = fd;
  // Its last opening ends, not the one before; others keep the region.
  for (int i = 0; i < 2; ++i) expect(file.created() == number, "again", number);
  on_threads(1, [&](uint32_t) {
    const uint32_t times = region::mine[number].opened;
    for (const uint32_t role : {0U, 10U}) expect_result(region::lead(number, role), 1, "leads");
    const Opened one = make(number, region::Kind::kCounter, "n");
    for (uint32_t i = times; i > 0; --i) {
      expect(!is_free(0) && !is_free(10), "still", i);
      expect_result(region::close(number), 0, "closed");
    }
    expect(is_free(0) && is_free(10) && region::regions[number].active == 1, "not any more");
    expect_result(region::lead(number, 10), region::kClosed, "with an entry alone");
    expect_result(region::close(number), region::kClosed, "with an entry alone");
    close(one);
  });
  for (int i = 0; i < 3; ++i) {
    expect(!is_free(1), "still", i);
    expect_result(region::close(number), 0, "closed");
  }
  expect(is_free(1) && is_free(8), "closed");
  expect(file.created() == number, "open again", number);
  ::close(other);
}

}  // namespace

void lead_alone() {
  on_threads(1, [](uint32_t) { lead(); });
  operations += 100;
}

}  // namespace structures
