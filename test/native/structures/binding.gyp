# The native side under sanitizers: the addon, to be loaded into a Node that has a sanitizer's runtime preloaded, and
# `structures`, a program without Node that uses everything below N-API from threads and processes.
{
  # By a link of that name: a path that leads out of this folder would give all targets the same object files.
  'variables': {'native': 'native', 'native_abs': '<(module_root_dir)/../../../src/native'},
  'target_defaults': {
    # Reports name lines; what is optimised away cannot be seen.
    'cflags': ['-g1', '-O1', '-fno-omit-frame-pointer', '-fno-optimize-sibling-calls'],
    'cflags!': ['-O2', '-O3'],
  },
  'targets': [
    {'target_name': 'rseq_asan', 'includes': ['../../../src/native/rseq.gypi', 'asan.gypi']},
    {'target_name': 'rseq_tsan', 'includes': ['../../../src/native/rseq.gypi', 'tsan.gypi']},
    {'target_name': 'rseq_ubsan', 'includes': ['../../../src/native/rseq.gypi', 'ubsan.gypi']},
    {'target_name': 'bugs_asan', 'includes': ['bugs.gypi', 'asan.gypi']},
    {'target_name': 'bugs_tsan', 'includes': ['bugs.gypi', 'tsan.gypi']},
    {'target_name': 'bugs_ubsan', 'includes': ['bugs.gypi', 'ubsan.gypi']},
    {'target_name': 'structures', 'includes': ['structures.gypi']},
    {'target_name': 'structures_asan', 'includes': ['structures.gypi', 'asan.gypi']},
    {'target_name': 'structures_tsan', 'includes': ['structures.gypi', 'tsan.gypi']},
    {'target_name': 'structures_ubsan', 'includes': ['structures.gypi', 'ubsan.gypi']},
  ],
}
