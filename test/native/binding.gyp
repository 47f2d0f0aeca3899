# What the tests are built from, beside the package itself.
{
  # By a link of that name: a path that leads out of this folder would give all targets the same object files.
  'variables': {'native': 'native', 'native_abs': '<(module_root_dir)/../../src/native'},
  'targets': [
    {
      # The addon with a delay inside every critical section; takes rseq.node's place in one world.
      'target_name': 'rseq_inject',
      'includes': ['../../src/native/rseq.gypi'],
      'defines': ['RSEQ_INJECT_LOOPS=2000'],
    },
    {
      # The same, and it takes every kernel's sections on trust: what the abort check is for.
      'target_name': 'rseq_trusting',
      'includes': ['../../src/native/rseq.gypi'],
      'defines': ['RSEQ_INJECT_LOOPS=2000', 'RSEQ_TRUST_SECTIONS'],
    },
    {
      # Not optimised: each inline function has a copy, of which the linker keeps one.
      'target_name': 'rseq_unoptimised',
      'includes': ['../../src/native/rseq.gypi'],
      'cflags': ['-O0'],
      'cflags!': ['-O2'],
    },
    {'target_name': 'helpers', 'sources': ['helpers.c']},
    {
      'target_name': 'layout',
      'sources': ['layout.cc'],
      'include_dirs': ['<(native)', "<!(node -p \"require('node-addon-api').include_dir\")"],
      'defines': ['NAPI_VERSION=8', 'NODE_ADDON_API_DISABLE_DEPRECATED', 'NAPI_DISABLE_CPP_EXCEPTIONS'],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++1y'],
      'cflags_cc': ['-std=gnu++20'],
    },
    {
      'target_name': 'fake',
      'type': 'loadable_module',
      'product_prefix': '',
      'product_extension': 'so',
      'sources': ['fake.c'],
      'libraries': ['-ldl'],
    },
    {
      'target_name': 'hold',
      'type': 'loadable_module',
      'product_prefix': '',
      'product_extension': 'so',
      'sources': ['hold.c'],
      'libraries': ['-ldl'],
    },
    {
      'target_name': 'owner',
      'type': 'loadable_module',
      'product_prefix': '',
      'product_extension': 'so',
      'sources': ['owner.c'],
      'libraries': ['-ldl'],
    },
    {
      'target_name': 'owner_sharing',
      'type': 'loadable_module',
      'product_prefix': '',
      'product_extension': 'so',
      'sources': ['owner.c'],
      'defines': ['OWNER_SHARES'],
      'libraries': ['-ldl'],
    },
    {
      'target_name': 'deny',
      'type': 'executable',
      'sources': ['deny.c'],
      # For any C library that it is run beside.
      'ldflags': ['-static'],
      'win_delay_load_hook': 'false',
    },
    {
      'target_name': 'step',
      'type': 'executable',
      'sources': ['step.c'],
      'win_delay_load_hook': 'false',
    },
  ],
}
