/// What areas say, held against the system call: of this thread's own memory, where anything can stand.
#include "thread/trust.h"

#include "harness.h"
#include "kernel/cpu.h"

namespace structures {
namespace {

namespace abi = rseq::abi;
namespace cpu = rseq::cpu;
namespace trust = rseq::trust;
using trust::Reads;

void expect_reads(uint32_t cpu, uint32_t node, uint32_t size, Reads expected, const char* what) {
  abi::Area area = {};
  area.cpu_id_start = area.cpu_id = cpu;
  area.node_id = node;
  const Reads found = trust::reads(&area, size);
  expect(found == expected, what, static_cast<int64_t>(found), static_cast<int64_t>(expected));
  ++operations;
}

}  // namespace

void trust_areas() {
  on_threads(1, [](uint32_t) {
    // Not the first one, whose number stands in memory that nobody has written to.
    const uint32_t here = stay_on_last();
    cpu::Location seen;
    const int failed = cpu::getcpu(&seen);
    expect(failed == 0 && seen.cpu == here, "where this thread is", seen.cpu, here);
    if (failed != 0) return;
    const uint32_t size = sizeof(abi::Area);
    expect_reads(here, seen.node, size, Reads::kTrue, "the truth");
    expect_reads(here, seen.node + 1, size, Reads::kNodeFalse, "another node");
    expect_reads(here, seen.node + 1, 24, Reads::kNodeFalse, "another node, the last field");
    expect_reads(here, seen.node + 1, 20, Reads::kTrue, "a node that is not live");
    for (const uint32_t none : {cpu::possible(), ~UINT32_C(0), ~UINT32_C(1)})
      for (const uint32_t node : {seen.node, seen.node + 1})
        expect_reads(none, node, size, Reads::kFalse, "no CPU");
    for (uint32_t other = 0; other < cpu::possible(); ++other)
      if (other != here) {
        expect_reads(other, seen.node, size, Reads::kFalse, "another CPU");
        expect_reads(other, seen.node, 20, Reads::kFalse, "another CPU without nodes");
      }
  });
}

}  // namespace structures
