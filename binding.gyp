{
  'variables': {'native': 'src/native', 'native_abs': '<(module_root_dir)/src/native'},
  'targets': [
    {'target_name': 'rseq', 'includes': ['src/native/rseq.gypi']},
    {'target_name': 'rseq_fast', 'includes': ['src/native/rseq_fast.gypi']},
  ],
}
