// exp(x) for x <= 0 in vectors: what softmax needs once the largest logit is subtracted.
#pragma once
#include <bit>

#include "core/lanes.h"

namespace unnas::UNNAS_ISA {

/// exp(x) for x <= 0, within 2 units in the last place; 0 below -87.3, where the result is no normal float;
/// NaN for NaN.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite: ln 2 in two parts), exp(r) by its Taylor polynomial
/// of degree 7 (what it leaves out is below 2^-24 / 2), times 2^n by adding n to the exponent.
template <class V>
static inline V exp_nonpositive(V x) {
  typedef int32_t Bits __attribute__((vector_size(sizeof(V))));
  const V smallest = splat<V>(-87.3f),
          round = splat<V>(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const V clamped = x < smallest ? smallest : x;
  const V shifted = clamped * 1.44269504088896341f + round;
  const V n = shifted - round;
  V r = clamped - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  V p = splat<V>(1.0f / 5040);
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const Bits exponent = (__builtin_bit_cast(Bits, shifted) - __builtin_bit_cast(Bits, round)) << 23;
  const V result = __builtin_bit_cast(V, __builtin_bit_cast(Bits, p) + exponent);
  const V flushed = x < smallest ? V{} : result;
  return x == x ? flushed : x;
}

}  // namespace unnas::UNNAS_ISA
