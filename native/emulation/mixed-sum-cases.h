// The CUDA kernels of mixed_sum against the CPU kernels, through the seam that the addon uses. Knows nothing
// of what runs the CUDA side: the emulation, the PTX machine or a GPU.
#pragma once
#include <string>
#include <vector>

namespace unnas {

struct MixedSumCase {
  int pixels, channels;
  std::vector<double> normalise;  // 0 or 1 for each map
  float offset;                   // added to all values: a mean far from zero
};

/// Every loop of the kernels runs at least three times in some case, and every dimension is ragged in some
/// case.
const std::vector<MixedSumCase>& mixed_sum_cases();
std::string describe(const MixedSumCase& c);

struct MixedSumOutcome {
  double error;  // largest difference from the CPU kernels, relative to the largest value of the output or 1
  std::vector<float> values;  // all outputs of the CUDA kernels, forward and backward
};

/// Runs forward and backward on random inputs, with outputs full of NaN at first. Throws what the CUDA side
/// throws.
MixedSumOutcome run_mixed_sum(const MixedSumCase& c);

/// What the outputs of two right kernels may differ by: float sums of a few thousand terms in two orders, and
/// the means, which are handed on as floats.
double tolerance(const MixedSumCase& c);

}  // namespace unnas
