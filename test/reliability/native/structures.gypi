# The native side without N-API, and what uses it. The C++ library's own operator new, which sanitizers watch.
{
  'type': 'executable',
  'includes': ['../../../src/native/rseq.gypi'],
  'sources': [
    'areas.cc', 'bugs.cc', 'cells.cc', 'children.cc', 'counting.cc', 'damage.cc', 'drains.cc', 'files.cc', 'forging.cc',
    'harness.cc', 'hints.cc', 'main.cc', 'numbers.cc', 'pools.cc', 'regions.cc', 'rings.cc', 'rows.cc', 'samples.cc',
    'sections.cc', 'shapes.cc', 'stepping.cc', 'trusting.cc',
  ],
  'sources/': [['exclude', 'native/addon[^/]*\\.cc$'], ['exclude', 'native/runtime\\.cc$']],
  'include_dirs': ['<(native)'],
  'libraries!': ['-lgcc'],
  'libraries': ['-lpthread', '-ldl'],
  'ldflags!': ['-nostdlib', '-Wl,--version-script=<(native_abs)/exports.map'],
  'win_delay_load_hook': 'false',
}
