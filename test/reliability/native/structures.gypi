# The native side without N-API, and what uses it. The C++ library's own operator new, which sanitizers watch.
{
  'type': 'executable',
  'includes': ['../../../src/native/rseq.gypi'],
  'sources': [
    'bugs.cc', 'damage.cc', 'directory_memory.cc', 'harness.cc', 'main.cc', 'steps.cc', 'traps.cc',
    'parts/allotting.cc', 'parts/areas.cc', 'parts/arenas.cc', 'parts/attachings.cc', 'parts/backings.cc',
    'parts/bitmaps.cc', 'parts/cells.cc', 'parts/changes.cc', 'parts/children.cc', 'parts/copies.cc',
    'parts/counting.cc', 'parts/directories.cc', 'parts/drains.cc', 'parts/faults.cc', 'parts/files.cc',
    'parts/forging.cc', 'parts/formats.cc', 'parts/hints.cc', 'parts/inheriting.cc', 'parts/interrupted.cc',
    'parts/kinds.cc', 'parts/lacking.cc', 'parts/leading.cc', 'parts/locks.cc', 'parts/names.cc',
    'parts/numbers.cc', 'parts/openings.cc', 'parts/owning.cc', 'parts/pools.cc', 'parts/reading.cc',
    'parts/refusals.cc', 'parts/regions.cc', 'parts/repairs.cc', 'parts/replacing.cc', 'parts/rings.cc',
    'parts/rows.cc', 'parts/samples.cc', 'parts/sections.cc', 'parts/selves.cc', 'parts/shapes.cc',
    'parts/spaces.cc', 'parts/stepping.cc', 'parts/sweeping.cc', 'parts/trusting.cc', 'parts/writers.cc',
  ],
  'sources/': [['exclude', 'native/addon[^/]*\\.cc$'], ['exclude', 'native/runtime\\.cc$']],
  'include_dirs': ['.', '<(native)'],
  'libraries!': ['-lgcc'],
  'libraries': ['-lpthread', '-ldl'],
  'ldflags!': ['-nostdlib', '-Wl,--version-script=<(native_abs)/exports.map'],
  'win_delay_load_hook': 'false',
}
