// The inner loops of the depthwise convolution, on one row of pixels and one vector of channels: a weighted
// sum of rows, and its gradient by the weights. The usual kernels have versions of their own, all others
// share a general one.
#pragma once
#include "core/blocks.h"

namespace unnas::UNNAS_ISA {
namespace {

/// A row of sums: out[j] = sum over `rows` rows i and all kx of
/// source[i * source_stride][j * stride + kx * dilation] w[i * w_stride + kx * w_step], for j in [0, width);
/// with `add` the sums are added to what out holds.
struct RowCall {
  const float* source;
  int64_t source_stride, rows;
  const float* w;
  float* out;
  int64_t width;
  bool add;
  // What follows is read by the general version only; strides of pixels and taps count these, not floats.
  int64_t kernel_width, stride, dilation;
  int64_t w_stride, w_step = 1, out_stride = 1;
};
using RowFunction = void (*)(const RowCall&);

template <int kTile>
inline int64_t general_tiles(const RowCall& call, int64_t j) {
  const int64_t stride = call.stride * kBlock, dilation = call.dilation * kBlock,
                w_step = call.w_step * kBlock, out_stride = call.out_stride * kBlock;
  for (; j + kTile <= call.width; j += kTile) {
    vf sum[kTile] = {};
    for (int64_t row = 0; row < call.rows; row++) {
      const float* source = call.source + row * call.source_stride + j * stride;
      const float* w = call.w + row * call.w_stride * kBlock;
      for (int64_t kx = 0; kx < call.kernel_width; kx++, source += dilation, w += w_step) {
        vf wv = load(w);
        UNNAS_UNROLL
        for (int i = 0; i < kTile; i++) sum[i] += load(source + i * stride) * wv;
      }
    }
    float* out = call.out + j * out_stride;
    UNNAS_UNROLL
    for (int i = 0; i < kTile; i++)
      store(out + i * out_stride, call.add ? load(out + i * out_stride) + sum[i] : sum[i]);
  }
  return j;
}
inline void general_row_from(const RowCall& call, int64_t j) {
  general_tiles<1>(call, general_tiles<2>(call, general_tiles<4>(call, general_tiles<8>(call, j))));
}
inline void general_row(const RowCall& call) { general_row_from(call, 0); }

/// Kernel width, dilation and stride known: each input pixel is loaded once for all taps and all sums of a
/// tile.
template <int K, int D, int S>
inline void known_row(const RowCall& call) {
  constexpr int kTile = 8, kInputs = (kTile - 1) * S + (K - 1) * D + 1;
  for (int64_t j = 0; j < call.width; j += kTile) {
    if (j + kTile > call.width) {
      if (call.add) return general_row_from(call, j);
      j = call.width - kTile;  // the last tile overlaps the one before
    }
    vf sum[kTile] = {};
    const float *source = call.source + j * S * kBlock, *w = call.w;
    for (int64_t row = 0; row < call.rows; row++, source += call.source_stride, w += K * kBlock) {
      vf wv[K];
      UNNAS_UNROLL
      for (int kx = 0; kx < K; kx++) wv[kx] = in_register(load(w + kx * kBlock));
      UNNAS_UNROLL
      for (int i = 0; i < kInputs; i++) {
        const vf value = in_register(load(source + i * kBlock));
        UNNAS_UNROLL
        for (int kx = 0; kx < K; kx++) {
          int at = i - kx * D;
          if (at >= 0 && at % S == 0 && at / S < kTile) sum[at / S] += value * wv[kx];
        }
      }
    }
    float* out = call.out + j * kBlock;
    if (call.add) {
      UNNAS_UNROLL
      for (int i = 0; i < kTile; i++) store(out + i * kBlock, load(out + i * kBlock) + sum[i]);
    } else {
      UNNAS_UNROLL
      for (int i = 0; i < kTile; i++) store(out + i * kBlock, sum[i]);
    }
  }
}

template <int K, int D>
inline RowFunction known_stride(int64_t stride) {
  return stride == 1 ? known_row<K, D, 1> : stride == 2 ? known_row<K, D, 2> : general_row;
}
inline RowFunction row_function(int64_t kernel_width, int64_t dilation, int64_t stride, int64_t width) {
  if (width < 8) return general_row;
  if (kernel_width == 3 && dilation == 1) return known_stride<3, 1>(stride);
  if (kernel_width == 3 && dilation == 2) return known_stride<3, 2>(stride);
  if (kernel_width == 5 && dilation == 1) return known_stride<5, 1>(stride);
  if (kernel_width == 5 && dilation == 2) return known_stride<5, 2>(stride);
  return general_row;
}

/// One row of the weight gradient: sum[kx] += sum_j source[j * S + kx * D] du[j]. The sums alternate over the
/// pixels, so that the additions of one do not wait for each other.
template <int K, int D, int S, int kSums>
inline void gradient_row(const float* source, const float* du, int64_t width, vf (&sum)[K][kSums]) {
  constexpr int kTile = 4, kInputs = (kTile - 1) * S + (K - 1) * D + 1;
  int64_t j = 0;
  for (; j + kTile <= width; j += kTile, source += kTile * S * kBlock, du += kTile * kBlock) {
    // With 16 registers GCC must not carry the inputs that two tiles share over to the next one: sums would
    // have to make way for them.
    if constexpr (kLanes < 16) asm("" : "+r"(source));
    vf d[kTile];
    UNNAS_UNROLL
    for (int i = 0; i < kTile; i++) d[i] = in_register(load(du + i * kBlock));
    UNNAS_UNROLL
    for (int i = 0; i < kInputs; i++) {
      const vf value = in_register(load(source + i * kBlock));
      UNNAS_UNROLL
      for (int kx = 0; kx < K; kx++) {
        int at = i - kx * D;
        if (at >= 0 && at % S == 0 && at / S < kTile) sum[kx][at / S % kSums] += value * d[at / S];
      }
    }
  }
  for (; j < width; j++, source += S * kBlock, du += kBlock) {
    vf d = load(du);
    UNNAS_UNROLL
    for (int kx = 0; kx < K; kx++) sum[kx][0] += load(source + kx * D * kBlock) * d;
  }
}

/// What the weight gradient of a row of taps reads: `rows` pairs of rows, and where its sums go.
struct GradientCall {
  const float *source, *du;
  int64_t source_stride, du_stride, rows, width;
  float* gw;
  int64_t kernel_width, stride, dilation;  // read by the general version only
};
using GradientFunction = void (*)(const GradientCall&);

template <int K, int D, int S>
inline void known_gradient(const GradientCall& call) {
  constexpr int kSums = K == 3 && kLanes == 16 ? 4 : 2;  // more do not fit into 16 registers
  vf sum[K][kSums] = {};
  for (int64_t row = 0; row < call.rows; row++)
    gradient_row<K, D, S, kSums>(call.source + row * call.source_stride, call.du + row * call.du_stride,
                                 call.width, sum);
  UNNAS_UNROLL
  for (int kx = 0; kx < K; kx++) {
    UNNAS_UNROLL
    for (int i = 1; i < kSums; i++) sum[kx][0] += sum[kx][i];
    store(call.gw + kx * kBlock, load(call.gw + kx * kBlock) + sum[kx][0]);
  }
}

inline void general_gradient(const GradientCall& call) {
  for (int64_t kx = 0; kx < call.kernel_width; kx++) {
    vf sum[4] = {};
    for (int64_t row = 0; row < call.rows; row++) {
      const float* source = call.source + row * call.source_stride + kx * call.dilation * kBlock;
      const float* du = call.du + row * call.du_stride;
      for (int64_t j = 0; j < call.width; j++)
        sum[j % 4] += load(source + j * call.stride * kBlock) * load(du + j * kBlock);
    }
    store(call.gw + kx * kBlock, load(call.gw + kx * kBlock) + ((sum[0] + sum[1]) + (sum[2] + sum[3])));
  }
}

template <int K, int D>
inline GradientFunction known_gradient_stride(int64_t stride) {
  return stride == 1 ? known_gradient<K, D, 1> : stride == 2 ? known_gradient<K, D, 2> : general_gradient;
}
inline GradientFunction gradient_function(int64_t kernel_width, int64_t dilation, int64_t stride) {
  if (kernel_width == 3 && dilation == 1) return known_gradient_stride<3, 1>(stride);
  if (kernel_width == 3 && dilation == 2) return known_gradient_stride<3, 2>(stride);
  if (kernel_width == 5 && dilation == 1) return known_gradient_stride<5, 1>(stride);
  if (kernel_width == 5 && dilation == 2) return known_gradient_stride<5, 2>(stride);
  return general_gradient;
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
