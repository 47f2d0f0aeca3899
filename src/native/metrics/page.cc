#include "metrics/page.h"

#include <string.h>

#include <charconv>

#include "region/shared.h"

namespace rseq::page {
namespace {

/// With its sign, an integer below 2⁵³ has no more characters.
constexpr size_t kMaxDigits = 17;
constexpr double kLimit = 9007199254740992.0;

/// @return characters written, or 0 for anything but an integer below 2⁵³
size_t write_integer(double x, char* out) {
  if (!(x > -kLimit && x < kLimit)) return 0;
  const auto integer = static_cast<int64_t>(x);
  if (static_cast<double>(integer) != x) return 0;
  return static_cast<size_t>(std::to_chars(out, out + kMaxDigits, integer).ptr - out);
}

}  // namespace

Status write(const Rows& rows, char* out, size_t size, State* state) {
  size_t start = state->row == 0 ? 0 : region::load_one(rows.ends + state->row - 1);
  for (; state->row < rows.rows; ++state->row) {
    // A head that lies outside is none: the texts may be changing.
    const size_t said = region::load_one(rows.ends + state->row);
    const size_t end = said >= start && said <= rows.head_bytes ? said : start;
    if (end - start + kMaxDigits > size - state->at) return kRoom;
    memcpy(out + state->at, rows.heads + start, end - start);
    state->at += end - start;
    start = said;

    const uint32_t which = region::load_one(rows.which + state->row);
    const uint32_t way = which >> kIndexBits;
    const uint32_t index = which & ((1U << kIndexBits) - 1);
    double x = state->total;
    if (way == kValue || way == kAdd) {
      if (index >= rows.numbers_length) return kAsked;
      x = region::load_one(rows.numbers + index);
    }
    if (way == kAdd) x = state->total += x;
    if (way == kTotal) state->total = 0;
    const size_t written = way == kAsk ? 0 : write_integer(x, out + state->at);
    if (written == 0) return kAsked;
    state->at += written;
  }
  return kDone;
}

}  // namespace rseq::page
