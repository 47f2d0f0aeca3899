# The native side without N-API, and what uses it. The C++ library's own operator new, which sanitizers watch.
{
  'type': 'executable',
  'includes': ['../../../src/native/rseq.gypi'],
  'sources': [
    'allotting.cc', 'areas.cc', 'arenas.cc', 'attachings.cc', 'backings.cc', 'bitmaps.cc', 'bugs.cc', 'cells.cc',
    'changes.cc', 'children.cc', 'copies.cc', 'counting.cc', 'damage.cc', 'directories.cc', 'directory_memory.cc',
    'drains.cc', 'faults.cc', 'files.cc', 'forging.cc', 'formats.cc', 'harness.cc', 'hints.cc', 'inheriting.cc',
    'interrupted.cc', 'kinds.cc', 'lacking.cc', 'leading.cc', 'locks.cc', 'main.cc', 'names.cc', 'numbers.cc',
    'openings.cc', 'owning.cc', 'pools.cc', 'reading.cc', 'refusals.cc', 'regions.cc', 'repairs.cc', 'rings.cc',
    'rows.cc', 'samples.cc', 'sections.cc', 'selves.cc', 'shapes.cc', 'spaces.cc', 'stepping.cc', 'steps.cc', 'traps.cc',
    'trusting.cc', 'writers.cc',
  ],
  'sources/': [['exclude', 'native/addon[^/]*\\.cc$'], ['exclude', 'native/runtime\\.cc$']],
  'include_dirs': ['<(native)'],
  'libraries!': ['-lgcc'],
  'libraries': ['-lpthread', '-ldl'],
  'ldflags!': ['-nostdlib', '-Wl,--version-script=<(native_abs)/exports.map'],
  'win_delay_load_hook': 'false',
}
