// Batch normalisation in training mode over M pixels of C channels:
//   xhat = (x - mean) / sqrt(variance + epsilon), y = gamma xhat + beta   (biased variance; gamma = 1, beta =
//   0 if not affine)
// and the affine map of the evaluation mode, with given statistics.
#include <algorithm>
#include <cmath>
#include <vector>

#include "ops/moments.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kTask = 1 << 15;  // floats that make up a task

std::vector<float> inverse_deviations(const float* variance, double epsilon, int64_t channels) {
  std::vector<float> inverse(static_cast<size_t>(channels));
  for (int64_t c = 0; c < channels; c++)
    inverse[static_cast<size_t>(c)] =
        static_cast<float>(1 / std::sqrt(static_cast<double>(variance[c]) + epsilon));
  return inverse;
}

// y = (x - mean) scale + offset, all but x and y of length C.
void scale_and_shift(const float* x, const float* mean, const float* scale, const float* offset, float* y,
                     int64_t pixels, int64_t channels) {
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

// inputs: x, and gamma, beta if affine; outputs: y, mean, variance.
void batch_norm(const Call& call) {
  const int64_t channels = call.attrs.integer("channels");
  const int64_t pixels = static_cast<int64_t>(call.in(0).size) / channels;
  const bool affine = call.attrs.flag("affine");
  const float* x = call.in(0).f32();
  float *mean = call.out(1).f32(), *variance = call.out(2).f32();
  batch_moments({x}, pixels, channels, mean, variance);
  auto scale = inverse_deviations(variance, call.attrs.number("epsilon"), channels);
  const std::vector<float> zero(static_cast<size_t>(channels), 0.0f);
  if (affine)
    for (int64_t c = 0; c < channels; c++) scale[static_cast<size_t>(c)] *= call.in(1).f32()[c];
  scale_and_shift(x, mean, scale.data(), affine ? call.in(2).f32() : zero.data(), call.out(0).f32(), pixels,
                  channels);
}

// With dbeta = sum dy and dgamma = sum dy xhat over the M pixels:
//   dx = gamma / deviation (dy - dbeta / M - xhat dgamma / M)
// inputs: x, gamma and beta if affine, mean, variance, dy; outputs: dx, dgamma and dbeta if affine.
void batch_norm_grad(const Call& call) {
  const int64_t channels = call.attrs.integer("channels");
  const int64_t pixels = static_cast<int64_t>(call.in(0).size) / channels;
  const bool affine = call.attrs.flag("affine");
  const size_t after = affine ? 3 : 1;
  const float *x = call.in(0).f32(), *mean = call.in(after).f32(), *dy = call.in(after + 2).f32();
  const auto inverse = inverse_deviations(call.in(after + 1).f32(), call.attrs.number("epsilon"), channels);

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

  // dx = a dy + b (x - mean) + d
  std::vector<float> a(inverse.size()), b(inverse.size()), d(inverse.size());
  for (int64_t c = 0; c < channels; c++) {
    const size_t i = static_cast<size_t>(c);
    const double dbeta = parts[i],
                 dgamma = parts[static_cast<size_t>(channels + c)] * static_cast<double>(inverse[i]);
    const double scale =
        static_cast<double>(inverse[i]) * (affine ? static_cast<double>(call.in(1).f32()[c]) : 1.0);
    a[i] = static_cast<float>(scale);
    b[i] =
        static_cast<float>(-scale * dgamma * static_cast<double>(inverse[i]) / static_cast<double>(pixels));
    d[i] = static_cast<float>(-scale * dbeta / static_cast<double>(pixels));
    if (affine) {
      call.out(1).f32()[c] = static_cast<float>(dgamma);
      call.out(2).f32()[c] = static_cast<float>(dbeta);
    }
  }

  float* dx = call.out(0).f32();
  parallel_for(pixels, pixels_for(kTask, channels), [&](int64_t, int64_t begin, int64_t end) {
    for_pixels(begin, end, channels, [&]<class V, int P>(int64_t pixel, int64_t c) {
      const V center = load_as<V>(mean + c), slope = load_as<V>(a.data() + c),
              bend = load_as<V>(b.data() + c), shift = load_as<V>(d.data() + c);
      for (int j = 0; j < P; j++) {
        const int64_t at = (pixel + j) * channels + c;
        store_as(dx + at, load_as<V>(dy + at) * slope + ((load_as<V>(x + at) - center) * bend + shift));
      }
    });
  });
}

// y = (x - mean) gamma / sqrt(variance + epsilon) + beta; inputs: x, mean, variance, gamma, beta, each of
// length C.
void normalise(const Call& call) {
  const int64_t channels = call.attrs.integer("channels");
  auto scale = inverse_deviations(call.in(2).f32(), call.attrs.number("epsilon"), channels);
  for (int64_t c = 0; c < channels; c++) scale[static_cast<size_t>(c)] *= call.in(3).f32()[c];
  scale_and_shift(call.in(0).f32(), call.in(1).f32(), scale.data(), call.in(4).f32(), call.out(0).f32(),
                  static_cast<int64_t>(call.in(0).size) / channels, channels);
}

UNNAS_KERNEL("batch_norm", batch_norm);
UNNAS_KERNEL("batch_norm_grad", batch_norm_grad);
UNNAS_KERNEL("normalise", normalise);

}  // namespace
}  // namespace unnas::UNNAS_ISA
