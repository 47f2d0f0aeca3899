# ThreadSanitizer, in the same way.
{
  # Its warning is about fences, which it does not model: what they order is a reader's look at words that may change, and
  # all of these are atomic.
  'cflags': ['-fsanitize=thread', '-Wno-tsan'],
  'ldflags': ['-fsanitize=thread'],
}
