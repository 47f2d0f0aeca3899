# An addon of deliberate bugs: that these are reported under Node says that a sanitizer is on.
{
  'sources': ['bugs.cc', 'bugs_addon.cc'],
  'cflags_cc': ['-std=gnu++20'],
  'cflags_cc!': ['-std=gnu++17', '-std=gnu++14'],
  'defines': ['NAPI_VERSION=8'],
}
