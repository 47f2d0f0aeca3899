/// Numbers written as text between given texts: the rows of a metrics page.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace rseq::page {

/// What a number is, in the upper two bits of a Rows::which; the others are an index of Rows::numbers.
enum Way : uint32_t {
  kValue,  ///< the number itself
  kAdd,    ///< the running total, after the number was added to it
  kTotal,  ///< the running total, which begins anew behind it; the index is not used
  kAsk     ///< the caller writes it; the index is not used
};

constexpr uint32_t kIndexBits = 30;

/// Each row is a head and then a number. All of this is a caller's memory, which others may change meanwhile.
struct Rows {
  const char* heads;      ///< one after the other
  const uint32_t* ends;   ///< where each head ends
  const uint32_t* which;  ///< the number behind each head: a Way and an index
  const double* numbers;
  size_t head_bytes;
  size_t rows;
  size_t numbers_length;
};

struct State {
  size_t row;    ///< the next one
  size_t at;     ///< bytes written
  double total;  ///< the running total
};

enum Status : int32_t {
  kDone,
  kAsked,  ///< the head of `row` is written, its number is the caller's to write: no integer below 2⁵³
  kRoom    ///< `size` is too small for `row`: nothing of it was written
};

/// Goes on from `state`, whose row is at most `rows`, and `at` at most `size`; it says afterwards how far it
/// came.
Status write(const Rows& rows, char* out, size_t size, State* state);

}  // namespace rseq::page
