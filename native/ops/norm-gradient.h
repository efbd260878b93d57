// What kernels with a batch norm in them share: over M pixels of C channels, x and dy [pixels, channels],
//
//   xhat = (x - mean) / deviation,  y = gamma xhat + beta
//   dbeta = sum dy,  dgamma = sum dy xhat
//   dx = gamma / deviation (dy - dbeta / M - xhat dgamma / M) = a dy + b (x - mean) + d
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "ops/moments.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kTask = 1 << 15;  // floats that make up a task

inline std::vector<float> inverse_deviations(const float* variance, double epsilon, int64_t channels) {
  std::vector<float> inverse(static_cast<size_t>(channels));
  for (int64_t c = 0; c < channels; c++)
    inverse[static_cast<size_t>(c)] =
        static_cast<float>(1 / std::sqrt(static_cast<double>(variance[c]) + epsilon));
  return inverse;
}

// y = (x - mean) scale + offset, all but x and y of length C.
inline void scale_and_shift(const float* x, const float* mean, const float* scale, const float* offset,
                            float* y, int64_t pixels, int64_t channels) {
  parallel_for(pixels, pixels_for(kTask, channels), [&](int64_t, int64_t begin, int64_t end) {
    for_pixels(begin, end, channels, [&]<class V, int P>(int64_t pixel, int64_t c) {
      const V center = load_as<V>(mean + c), slope = load_as<V>(scale + c), shift = load_as<V>(offset + c);
      for (int j = 0; j < P; j++) {
        const int64_t at = (pixel + j) * channels + c;
        store_as(y + at, (load_as<V>(x + at) - center) * slope + shift);
      }
    });
  });
}

/// a, b and d of each channel.
struct NormGradient {
  std::vector<float> a, b, d;
};

/// `inverse`: 1 / deviation, `slope`: gamma / deviation; dgamma and dbeta are left out where they are null.
inline NormGradient norm_gradient(const float* x, const float* mean, const float* inverse, const float* slope,
                                  const float* dy, int64_t pixels, int64_t channels, float* dgamma,
                                  float* dbeta) {
  // Row 0: sum of dy; row 1: sum of dy (x - mean). Float inside a block, double from there on.
  const int64_t width = 2 * channels, grain = pixels_for(kMomentTask, channels),
                tasks = chunk_count(pixels, grain);
  std::vector<double> parts(static_cast<size_t>(tasks * width), 0.0);
  parallel_for(pixels, grain, [&](int64_t task, int64_t begin, int64_t end) {
    double* total = parts.data() + task * width;
    Scratch scratch;
    float *sums = scratch.floats(width), *products = sums + channels;
    const int64_t block = block_pixels(channels);
    for (int64_t p = begin; p < end; p += block) {
      std::fill(sums, sums + width, 0.0f);
      for_pixels(p, p + block < end ? p + block : end, channels,
                 [&]<class V, int P>(int64_t pixel, int64_t c) {
                   const V center = load_as<V>(mean + c);
                   V sum{}, product{};
                   for (int j = 0; j < P; j++) {
                     const int64_t at = (pixel + j) * channels + c;
                     const V gradient = load_as<V>(dy + at);
                     sum += gradient;
                     product += (load_as<V>(x + at) - center) * gradient;
                   }
                   store_as(sums + c, load_as<V>(sums + c) + sum);
                   store_as(products + c, load_as<V>(products + c) + product);
                 });
      for (int64_t i = 0; i < width; i++) total[i] += static_cast<double>(sums[i]);
    }
  });
  for (int64_t task = 1; task < tasks; task++)
    for (int64_t i = 0; i < width; i++)
      parts[static_cast<size_t>(i)] += parts[static_cast<size_t>(task * width + i)];

  NormGradient gradient{std::vector<float>(static_cast<size_t>(channels)),
                        std::vector<float>(static_cast<size_t>(channels)),
                        std::vector<float>(static_cast<size_t>(channels))};
  const auto count = static_cast<double>(pixels);
  for (int64_t c = 0; c < channels; c++) {
    const size_t i = static_cast<size_t>(c);
    const double sum = parts[i],
                 product = parts[static_cast<size_t>(channels + c)] * static_cast<double>(inverse[c]),
                 scale = static_cast<double>(slope[c]);
    gradient.a[i] = slope[c];
    gradient.b[i] = static_cast<float>(-scale * product * static_cast<double>(inverse[c]) / count);
    gradient.d[i] = static_cast<float>(-scale * sum / count);
    if (dgamma) dgamma[c] = static_cast<float>(product);
    if (dbeta) dbeta[c] = static_cast<float>(sum);
  }
  return gradient;
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
