// The inner loops of the depthwise convolution, on rows of pixels and one vector of channels: weighted sums
// of rows, and their gradient by the weights. The usual kernels have versions of their own, all others share
// a general one.
#pragma once
#include "core/blocks.h"

namespace unnas::UNNAS_ISA {
namespace {

/// The taps k of [begin, end) whose position + k * step is in [0, size).
struct TapRange {
  int64_t begin, end;
  int64_t size() const { return end > begin ? end - begin : 0; }
};
inline TapRange taps_inside(int64_t position, int64_t step, int64_t taps, int64_t size) {
  TapRange inside{0, taps};
  if (position >= 0 && position + (taps - 1) * step < size) return inside;
  // Filters have few taps: looking at each takes less time than dividing.
  while (inside.begin < taps && position + inside.begin * step < 0) inside.begin++;
  while (inside.end > 0 && position + (inside.end - 1) * step >= size) inside.end--;
  return inside;
}

/// Rows of sums: out[i][j] = sum over ky, kx of
/// source[i * row_step + ky * row_dilation][j * stride + kx * dilation] w[ky][kx], for i in [0, rows) and j
/// in [0, width), over those ky for which the row y + i * row_step + ky * row_dilation of the source is in
/// [0, height); with `add` the sums are added to what out holds.
struct RowsCall {
  const float* source;  // row y, which may be outside, at the first tap of the first column
  int64_t source_stride, y, height;
  const float* w;
  float* out;
  int64_t out_row;  // floats from a row of sums to the next
  int64_t rows, width;
  bool add;
  int64_t kernel_height, kernel_width, row_step, stride, row_dilation, dilation;
  int64_t w_row, w_tap = 1;  // taps from one row of taps to the next, and from one tap of a row to the next
  int64_t out_stride = 1;    // pixels of out from one sum to the next
};
using RowsFunction = void (*)(const RowsCall&);

/// What one row of sums reads: those of its rows of taps that are inside.
struct TapRows {
  const float *source, *w;
  int64_t count;

  __attribute__((always_inline)) TapRows(const RowsCall& call, int64_t row) {
    const int64_t y = row * call.row_step;
    const TapRange inside = taps_inside(call.y + y, call.row_dilation, call.kernel_height, call.height);
    source = call.source + (y + inside.begin * call.row_dilation) * call.source_stride;
    w = call.w + inside.begin * call.w_row * kBlock;
    count = inside.size();
  }
};

template <int kTile>
inline int64_t general_tiles(const RowsCall& call, const TapRows& taps, float* to, int64_t j) {
  const int64_t stride = call.stride * kBlock, dilation = call.dilation * kBlock, w_tap = call.w_tap * kBlock,
                out_stride = call.out_stride * kBlock;
  for (; j + kTile <= call.width; j += kTile) {
    vf sum[kTile] = {};
    for (int64_t row = 0; row < taps.count; row++) {
      const float* source = taps.source + row * call.row_dilation * call.source_stride + j * stride;
      const float* w = taps.w + row * call.w_row * kBlock;
      for (int64_t kx = 0; kx < call.kernel_width; kx++, source += dilation, w += w_tap) {
        vf wv = load(w);
        UNNAS_UNROLL
        for (int i = 0; i < kTile; i++) sum[i] += load(source + i * stride) * wv;
      }
    }
    float* out = to + j * out_stride;
    UNNAS_UNROLL
    for (int i = 0; i < kTile; i++)
      store(out + i * out_stride, call.add ? load(out + i * out_stride) + sum[i] : sum[i]);
  }
  return j;
}
inline void general_row_from(const RowsCall& call, const TapRows& taps, float* to, int64_t j) {
  j = general_tiles<8>(call, taps, to, j);
  j = general_tiles<4>(call, taps, to, j);
  j = general_tiles<2>(call, taps, to, j);
  general_tiles<1>(call, taps, to, j);
}
inline void general_rows(const RowsCall& call) {
  for (int64_t row = 0; row < call.rows; row++)
    general_row_from(call, TapRows(call, row), call.out + row * call.out_row, 0);
}

/// Kernel width, dilation, and the strides of pixels in source and out are known: each input pixel is loaded
/// once for all taps and all sums of a tile.
template <int K, int D, int S, int O>
inline void known_rows(const RowsCall& call) {
  constexpr int kTile = 8, kInputs = (kTile - 1) * S + (K - 1) * D + 1;
  for (int64_t row = 0; row < call.rows; row++) {
    const TapRows taps(call, row);
    float* to = call.out + row * call.out_row;
    for (int64_t j = 0; j < call.width; j += kTile) {
      if (j + kTile > call.width) {
        if (call.add) {
          general_row_from(call, taps, to, j);
          break;
        }
        j = call.width - kTile;  // the last tile overlaps the one before
      }
      vf sum[kTile] = {};
      const float *source = taps.source + j * S * kBlock, *w = taps.w;
      for (int64_t ky = 0; ky < taps.count;
           ky++, source += call.row_dilation * call.source_stride, w += call.w_row * kBlock) {
        vf wv[K];
        UNNAS_UNROLL
        for (int kx = 0; kx < K; kx++) wv[kx] = in_register(load(w + kx * call.w_tap * kBlock));
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
      float* out = to + j * O * kBlock;
      if (call.add) {
        UNNAS_UNROLL
        for (int i = 0; i < kTile; i++) store(out + i * O * kBlock, load(out + i * O * kBlock) + sum[i]);
      } else {
        UNNAS_UNROLL
        for (int i = 0; i < kTile; i++) store(out + i * O * kBlock, sum[i]);
      }
    }
  }
}

inline RowsFunction rows_function(const RowsCall& call) {
  if (call.width < 8) return general_rows;
  const int64_t kernel = call.kernel_width, dilation = call.dilation, stride = call.stride;
  if (call.out_stride == 2 && dilation == 1 && stride == 1) {  // gradients of convolutions with stride 2
    if (kernel == 1) return known_rows<1, 1, 1, 2>;
    if (kernel == 2) return known_rows<2, 1, 1, 2>;
    if (kernel == 3) return known_rows<3, 1, 1, 2>;
    if (kernel == 5) return known_rows<5, 1, 1, 2>;
  }
  if (call.out_stride != 1 || stride > 2) return general_rows;
  if (kernel == 3 && dilation == 1) return stride == 1 ? known_rows<3, 1, 1, 1> : known_rows<3, 1, 2, 1>;
  if (kernel == 3 && dilation == 2) return stride == 1 ? known_rows<3, 2, 1, 1> : known_rows<3, 2, 2, 1>;
  if (kernel == 5 && dilation == 1) return stride == 1 ? known_rows<5, 1, 1, 1> : known_rows<5, 1, 2, 1>;
  if (kernel == 5 && dilation == 2) return stride == 1 ? known_rows<5, 2, 1, 1> : known_rows<5, 2, 2, 1>;
  return general_rows;
}
inline void weighted_rows(const RowsCall& call) { rows_function(call)(call); }

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
