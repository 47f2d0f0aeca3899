# AddressSanitizer and UndefinedBehaviorSanitizer. A program is linked with their runtimes; the addon, without libraries as
# ever, finds them in a Node that has them preloaded.
{
  # Beside the other one's, this one's runtime writes to the standard error alone: so what it finds ends the process.
  'cflags': ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'],
  'ldflags': ['-fsanitize=address,undefined'],
}
