/// The vDSO's getcpu, past libc.
#pragma once

namespace bench {

using Getcpu = long (*)(unsigned* cpu, unsigned* node, void* unused);

/// __vdso_getcpu; null where the kernel maps no vDSO or one without it (aarch64).
/// Source: vdso(7), tools/testing/selftests/vDSO/parse_vdso.c.
Getcpu vdso_getcpu();

}  // namespace bench
