# The addon for aarch64, made by a cross compiler on another machine: what `npm run test:package -- arm64` looks into.
{
  'variables': {'native': '../../../src/native', 'native_abs': '<(module_root_dir)/../../../src/native'},
  'targets': [
    {
      'target_name': 'rseq',
      'includes': ['../../../src/native/rseq.gypi'],
    },
  ],
}
