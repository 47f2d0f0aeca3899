# UndefinedBehaviorSanitizer alone, with a check that its set leaves out.
{
  'cflags': ['-fsanitize=undefined,float-cast-overflow', '-fno-sanitize-recover=all'],
  'ldflags': ['-fsanitize=undefined'],
}
