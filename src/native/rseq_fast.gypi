# V8 fast calls, for the Node whose headers build it; an empty module where its V8 is not known. "native" and
# "native_abs" as in rseq.gypi.
{
  'includes': ['link.gypi'],
  'sources': ['<(native)/addon/fastcall.cc', '<(native)/addon/runtime.cc'],
  'include_dirs': ['<(native)'],
  'ldflags': ['-Wl,--version-script=<(native_abs)/addon/exports-fast.map'],
}
