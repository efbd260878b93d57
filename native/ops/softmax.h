// The softmax of one row of logits, shared by softmax and cross-entropy.
#pragma once
#include <limits>

#include "ops/exponential.h"

namespace unnas::UNNAS_ISA {

struct RowSum {
  float largest;
  double sum;  // of exp(x - largest)
};

/// The sum of exp(x - max x) over a row; also writes these terms if `terms` is not null. A NaN in x makes the
/// sum NaN.
static inline RowSum exponential_sum(const float* x, int64_t count, float* terms) {
  vf highest = broadcast(-std::numeric_limits<float>::infinity());
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) highest = max(load(x + i), highest);
  float largest = -std::numeric_limits<float>::infinity();
  for (int lane = 0; lane < kLanes; lane++) largest = highest[lane] > largest ? highest[lane] : largest;
  for (; i < count; i++) largest = x[i] > largest ? x[i] : largest;

  vf sums{};
  double rest = 0;
  for_lanes(count, [&]<class V>(int64_t at) {
    const V term = exp_nonpositive(load_as<V>(x + at) - largest);
    if (terms != nullptr) store_as(terms + at, term);
    if constexpr (sizeof(V) == sizeof(vf)) {
      sums += term;
    } else {
      float lanes[sizeof(V) / sizeof(float)];
      store_as(lanes, term);
      for (float lane : lanes) rest += static_cast<double>(lane);
    }
  });
  return {largest, rest + static_cast<double>(sum(sums))};
}

}  // namespace unnas::UNNAS_ISA
