# The addon, for every build of it. "native" is the folder of this file, relative to the including
# binding.gyp; "native_abs" the same, absolute, for the linker.
{
  'includes': ['link.gypi'],
  'sources': [
    '<(native)/abort_check.cc',
    '<(native)/addon.cc',
    '<(native)/addon_cells.cc',
    '<(native)/addon_region.cc',
    '<(native)/addon_service.cc',
    '<(native)/area.cc',
    '<(native)/area_pool.cc',
    '<(native)/counter.cc',
    '<(native)/cpu.cc',
    '<(native)/histogram.cc',
    '<(native)/kernel.cc',
    '<(native)/libc.cc',
    '<(native)/region/arena.cc',
    '<(native)/region/backing.cc',
    '<(native)/region/directory.cc',
    '<(native)/region/entries.cc',
    '<(native)/region/fault.cc',
    '<(native)/region/lock.cc',
    '<(native)/region/processes.cc',
    '<(native)/region/recovery.cc',
    '<(native)/region/region.cc',
    '<(native)/region/shape.cc',
    '<(native)/runtime.cc',
    '<(native)/survey.cc',
    '<(native)/trust.cc',
  ],
  'include_dirs': ["<!(node -p \"require('node-addon-api').include_dir\")"],
  'defines': [
    'NAPI_VERSION=8', 'NODE_ADDON_API_DISABLE_DEPRECATED', 'NAPI_DISABLE_CPP_EXCEPTIONS',
    # A worker can be terminated while it loads the addon: what fails then must not end the process.
    'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
  ],
  'ldflags': ['-Wl,--version-script=<(native_abs)/exports.map'],
}
