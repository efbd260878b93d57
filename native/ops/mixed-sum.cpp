// The mixed sum of a node: y = sum_k w_k xhat_k over K maps x_k of N*H*W pixels and C channels, where
//   xhat_k = (x_k - mean_k) / sqrt(variance_k + epsilon)   batch statistics of each channel, if map k is
//   normalised xhat_k = x_k                                           otherwise (its row of statistics is
//   mean 0, variance 1)
// The normalised maps are never stored.
#include <algorithm>
#include <cmath>
#include <vector>

#include "ops/moments.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kTask = 1 << 14;  // floats of one map that make up a task

/// 1 / sqrt(variance + epsilon) of each map and channel; 1 where the map is not normalised. [K, C]
std::vector<float> inverse_deviations(const float* variance, std::span<const double> normalise,
                                      double epsilon, int64_t channels) {
  std::vector<float> inverse(normalise.size() * static_cast<size_t>(channels));
  for (size_t i = 0; i < inverse.size(); i++)
    inverse[i] = normalise[i / static_cast<size_t>(channels)] != 0
                     ? static_cast<float>(1 / std::sqrt(static_cast<double>(variance[i]) + epsilon))
                     : 1.0f;
  return inverse;
}

// inputs: weights K, x_0 .. x_{K-1}; outputs: y, mean [K, C], variance [K, C].
void mixed_sum(const Call& call) {
  const auto normalise = call.attrs.numbers("normalise");
  const int64_t channels = call.attrs.integer("channels"), count = static_cast<int64_t>(normalise.size());
  const int64_t pixels = static_cast<int64_t>(call.out(0).size) / channels;
  const float* weights = call.in(0).f32();
  float *y = call.out(0).f32(), *mean = call.out(1).f32(), *variance = call.out(2).f32();

  std::vector<const float*> maps, normalised;
  for (int64_t k = 0; k < count; k++) {
    maps.push_back(call.in(static_cast<size_t>(k) + 1).f32());
    normalised.push_back(normalise[static_cast<size_t>(k)] != 0 ? maps.back() : nullptr);
  }
  batch_moments(normalised, pixels, channels, mean, variance);
  auto scale = inverse_deviations(variance, normalise, call.attrs.number("epsilon"), channels);
  for (size_t i = 0; i < scale.size(); i++) scale[i] *= weights[i / static_cast<size_t>(channels)];

  parallel_for(pixels, pixels_for(kTask, channels), [&](int64_t, int64_t begin, int64_t end) {
    for_pixels(begin, end, channels, [&]<class V, int P>(int64_t pixel, int64_t c) {
      V sum[P]{};
      for (int64_t k = 0; k < count; k++) {
        const V factor = load_as<V>(scale.data() + k * channels + c),
                center = load_as<V>(mean + k * channels + c);
        const float* x = maps[static_cast<size_t>(k)] + pixel * channels + c;
        for (int j = 0; j < P; j++) sum[j] += (load_as<V>(x + j * channels) - center) * factor;
      }
      for (int j = 0; j < P; j++) store_as(y + (pixel + j) * channels + c, sum[j]);
    });
  });
}

// With S = sum dy and T_k = sum dy xhat_k over the M pixels, of each channel:
//   dw_k = sum over channels of T_k
//   dx_k = w_k / deviation_k (dy - S / M - xhat_k T_k / M)   if normalised, else w_k dy
// inputs: weights K, x_0 .. x_{K-1}, mean, variance, dy; outputs: dweights, dx_0 .. dx_{K-1}.
void mixed_sum_grad(const Call& call) {
  const auto normalise = call.attrs.numbers("normalise");
  const int64_t channels = call.attrs.integer("channels"), count = static_cast<int64_t>(normalise.size());
  const size_t maps = normalise.size();
  const float *weights = call.in(0).f32(), *mean = call.in(maps + 1).f32(),
              *variance = call.in(maps + 2).f32(), *dy = call.in(maps + 3).f32();
  const int64_t pixels = static_cast<int64_t>(call.in(maps + 3).size) / channels;
  const auto inverse = inverse_deviations(variance, normalise, call.attrs.number("epsilon"), channels);

  // Row 0: sum of dy; row k + 1: sum of dy (x_k - mean_k). Float inside a block, double from there on.
  const int64_t row = channels, width = (count + 1) * channels;
  const int64_t grain = pixels_for(kMomentTask / 4, channels), tasks = chunk_count(pixels, grain);
  std::vector<double> parts(static_cast<size_t>(tasks * width), 0.0);
  parallel_for(pixels, grain, [&](int64_t task, int64_t begin, int64_t end) {
    double* total = parts.data() + task * width;
    Scratch scratch;
    float* sums = scratch.floats(channels);
    const int64_t block = block_pixels(channels);
    for (int64_t p = begin; p < end; p += block) {
      const int64_t stop = p + block < end ? p + block : end;
      for (int64_t k = -1; k < count; k++) {
        std::fill(sums, sums + channels, 0.0f);
        if (k < 0) {
          for_pixels(p, stop, channels, [&]<class V, int P>(int64_t pixel, int64_t c) {
            V sum{};
            for (int j = 0; j < P; j++) sum += load_as<V>(dy + (pixel + j) * channels + c);
            store_as(sums + c, load_as<V>(sums + c) + sum);
          });
        } else {
          const float* x = call.in(static_cast<size_t>(k) + 1).f32();
          for_pixels(p, stop, channels, [&]<class V, int P>(int64_t pixel, int64_t c) {
            const V center = load_as<V>(mean + k * channels + c);
            V sum{};
            for (int j = 0; j < P; j++) {
              const int64_t at = (pixel + j) * channels + c;
              sum += (load_as<V>(x + at) - center) * load_as<V>(dy + at);
            }
            store_as(sums + c, load_as<V>(sums + c) + sum);
          });
        }
        for (int64_t c = 0; c < channels; c++) total[(k + 1) * row + c] += static_cast<double>(sums[c]);
      }
    }
  });
  for (int64_t task = 1; task < tasks; task++)
    for (int64_t i = 0; i < width; i++)
      parts[static_cast<size_t>(i)] += parts[static_cast<size_t>(task * width + i)];

  // dx_k = a dy + b (x_k - mean_k) + d
  float* dweights = call.out(0).f32();
  std::vector<float> a(inverse.size()), b(inverse.size()), d(inverse.size());
  for (int64_t k = 0; k < count; k++) {
    double dweight = 0;
    for (int64_t c = 0; c < channels; c++) {
      const size_t i = static_cast<size_t>(k * channels + c);
      const double scale = static_cast<double>(weights[k]) * static_cast<double>(inverse[i]);
      const double projection =
          parts[static_cast<size_t>((k + 1) * row + c)] * static_cast<double>(inverse[i]);
      dweight += projection;
      a[i] = static_cast<float>(scale);
      b[i] = static_cast<float>(-scale * projection * static_cast<double>(inverse[i]) /
                                static_cast<double>(pixels));
      d[i] = static_cast<float>(-scale * parts[static_cast<size_t>(c)] / static_cast<double>(pixels));
    }
    dweights[k] = static_cast<float>(dweight);
  }

  parallel_for(pixels, pixels_for(kTask, channels), [&](int64_t, int64_t begin, int64_t end) {
    const int64_t block = block_pixels(channels);
    for (int64_t p = begin; p < end; p += block) {  // the block of dy stays in the cache for all maps
      const int64_t stop = p + block < end ? p + block : end;
      for (int64_t k = 0; k < count; k++) {
        const float* x = call.in(static_cast<size_t>(k) + 1).f32();
        float* dx = call.out(static_cast<size_t>(k) + 1).f32();
        if (normalise[static_cast<size_t>(k)] == 0) {
          const float weight = weights[k];
          for_lanes((stop - p) * channels, [&]<class V>(int64_t i) {
            store_as(dx + p * channels + i, load_as<V>(dy + p * channels + i) * weight);
          });
          continue;
        }
        for_pixels(p, stop, channels, [&]<class V, int P>(int64_t pixel, int64_t c) {
          const int64_t i = k * channels + c;
          const V center = load_as<V>(mean + i), slope = load_as<V>(a.data() + i),
                  bend = load_as<V>(b.data() + i), shift = load_as<V>(d.data() + i);
          for (int j = 0; j < P; j++) {
            const int64_t at = (pixel + j) * channels + c;
            store_as(dx + at, load_as<V>(dy + at) * slope + ((load_as<V>(x + at) - center) * bend + shift));
          }
        });
      }
    }
  });
}

UNNAS_KERNEL("mixed_sum", mixed_sum);
UNNAS_KERNEL("mixed_sum_grad", mixed_sum_grad);

}  // namespace
}  // namespace unnas::UNNAS_ISA
