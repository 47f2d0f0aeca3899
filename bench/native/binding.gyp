# Loops in C for the benchmark to compare with; never part of the package.
{
  'variables': {'native': '../../src/native', 'native_abs': '<(module_root_dir)/../../src/native'},
  'targets': [
    {
      'target_name': 'rseq_bench',
      'includes': ['../../src/native/rseq.gypi'],
      'sources': ['addon.cc', 'loops.cc', 'vdso.cc'],
      'sources!': [
        '<(native)/addon/module.cc', '<(native)/addon/cells.cc', '<(native)/addon/entries.cc', '<(native)/addon/hot.cc',
        '<(native)/addon/pool.cc', '<(native)/addon/region.cc', '<(native)/addon/ring.cc', '<(native)/addon/service.cc',
      ],
      'include_dirs': ['<(native)'],
      # Where a loop starts must not decide what it costs.
      'cflags': ['-falign-functions=64', '-falign-loops=64'],
    },
    {'target_name': 'cpus', 'sources': ['cpus.c']},
  ],
}
