// Batch normalisation in training mode over M pixels of C channels:
//   xhat = (x - mean) / sqrt(variance + epsilon), y = gamma xhat + beta   (biased variance; gamma = 1, beta =
//   0 if not affine)
// and the affine map of the evaluation mode, with given statistics.
#include "ops/norm-gradient.h"

namespace unnas::UNNAS_ISA {
namespace {

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

// inputs: x, gamma and beta if affine, mean, variance, dy; outputs: dx, dgamma and dbeta if affine.
void batch_norm_grad(const Call& call) {
  const int64_t channels = call.attrs.integer("channels");
  const int64_t pixels = static_cast<int64_t>(call.in(0).size) / channels;
  const bool affine = call.attrs.flag("affine");
  const size_t after = affine ? 3 : 1;
  const float *x = call.in(0).f32(), *mean = call.in(after).f32(), *dy = call.in(after + 2).f32();
  const auto inverse = inverse_deviations(call.in(after + 1).f32(), call.attrs.number("epsilon"), channels);

  auto slope = inverse;
  if (affine)
    for (int64_t c = 0; c < channels; c++) slope[static_cast<size_t>(c)] *= call.in(1).f32()[c];
  const auto [a, b, d] =
      norm_gradient(x, mean, inverse.data(), slope.data(), dy, pixels, channels,
                    affine ? call.out(1).f32() : nullptr, affine ? call.out(2).f32() : nullptr);

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
