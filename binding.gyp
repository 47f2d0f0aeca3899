{
  'variables': {'native': 'src/native', 'native_abs': '<(module_root_dir)/src/native'},
  'targets': [
    {
      'target_name': 'rseq',
      'includes': ['src/native/rseq.gypi'],
    },
    {
      # V8 fast calls, for the Node that builds it; an empty module where its V8 is not known.
      'target_name': 'rseq_fast',
      'includes': ['src/native/link.gypi'],
      'sources': ['src/native/fastcall.cc', 'src/native/runtime.cc'],
      'ldflags': ['-Wl,--version-script=<(native_abs)/exports-fast.map'],
    },
  ],
}
