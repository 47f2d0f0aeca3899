/// Whether bytes that others can have written are text.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace rseq::region {

/// Source: the Unicode Standard, table 3-7, "Well-Formed UTF-8 Byte Sequences".
inline bool is_utf8(const char* text, size_t length) {
  const auto* at = reinterpret_cast<const uint8_t*>(text);
  const uint8_t* end = at + length;
  while (at < end) {
    const uint8_t first = *at++;
    if (first < 0x80) continue;
    if (first < 0xc2 || first > 0xf4) return false;
    const int more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (end - at < more) return false;
    // Of the second byte alone: neither a longer way to write a character, nor a surrogate, nor one beyond
    // the last.
    const uint8_t least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const uint8_t most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (*at < least || *at > most) return false;
    for (int i = 1; i < more; ++i)
      if ((at[i] & 0xc0) != 0x80) return false;
    at += more;
  }
  return true;
}

}  // namespace rseq::region
