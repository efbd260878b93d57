// bfloat16: the upper half of a float32, with eight bits of precision. A format to keep numbers in; all
// arithmetic is in float32.
#pragma once
#include "core/simd.h"

namespace unnas::UNNAS_ISA {

struct bfloat16 {
  uint16_t bits;
};

typedef uint16_t vhalves __attribute__((vector_size(2 * kLanes)));
typedef uint32_t vbits __attribute__((vector_size(4 * kLanes)));

static inline vf load(const bfloat16* p) {
  vhalves halves;
  std::memcpy(&halves, p, sizeof halves);
  return reinterpret_cast<vf>(__builtin_convertvector(halves, vbits) << 16);
}

/// Rounds to the nearest, ties to even. Infinity stays infinity, and NaN a NaN.
static inline void store(bfloat16* p, vf v) {
  const auto bits = reinterpret_cast<vbits>(v);
  const vbits rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  const vbits nan = (bits >> 16) | 0x40;
  const auto halves = __builtin_convertvector(v == v ? rounded : nan, vhalves);
  std::memcpy(p, &halves, sizeof halves);
}

}  // namespace unnas::UNNAS_ISA
