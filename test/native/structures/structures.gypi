# The native side without N-API, and what uses it. The C++ library's own operator new, which sanitizers watch.
{
  'type': 'executable',
  'includes': ['../../../src/native/rseq.gypi'],
  'sources': [
    'bugs.cc', 'damage.cc', 'directory_memory.cc', 'harness.cc', 'main.cc', 'protocols.cc', 'steps.cc',
    'traps.cc',
    '<!@(ls parts/*.cc)',
  ],
  'sources/': [['exclude', 'native/addon/']],
  'include_dirs': ['.', '<(native)'],
  'libraries!': ['-lgcc'],
  'libraries': ['-lpthread', '-ldl'],
  'ldflags!': ['-nostdlib', '-Wl,--version-script=<(native_abs)/addon/exports.map'],
  'win_delay_load_hook': 'false',
}
