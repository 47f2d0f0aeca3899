# How every addon here is compiled and linked: one binary for glibc and musl, without libstdc++.
{
  # 64-bit file offsets would ask for symbols (open64, mmap64) that musl does not have.
  'defines!': ['_FILE_OFFSET_BITS=64'],
  'cflags': [
    '-Wall', '-Wextra', '-Wno-unused-parameter', '-fvisibility=hidden', '-fno-stack-protector',
    '-U_FORTIFY_SOURCE', '-O2',
  ],
  'cflags!': ['-O3'],
  'cflags_cc': ['-std=gnu++20', '-fno-exceptions', '-fno-rtti', '-fno-threadsafe-statics'],
  'cflags_cc!': ['-std=gnu++17', '-std=gnu++14'],
  'ldflags': [
    '-nostdlib',
    # The kernel may still hold a descriptor's address when Node unloads an addon.
    '-Wl,-z,nodelete',
    '-Wl,-z,now', '-Wl,-z,relro', '-Wl,-z,noexecstack', '-Wl,--build-id=none',
  ],
  'libraries': ['-lgcc'],
  'conditions': [
    ["target_arch == 'x64'", {'cflags': ['-fcf-protection=full']}],
    ["target_arch == 'arm64'", {'cflags': ['-mbranch-protection=standard', '-mno-outline-atomics']}],
  ],
}
