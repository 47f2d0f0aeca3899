# The addon with a delay before each instruction of each critical section. Built with cxx.mjs as the compiler.
{
  'variables': {'native': '../../../src/native', 'native_abs': '<(module_root_dir)/../../../src/native'},
  'targets': [
    {
      'target_name': 'rseq_points',
      'includes': ['../../../src/native/rseq.gypi'],
      'sources': ['points.c'],
    },
  ],
}
