// Depthwise convolution on images in blocks of 16 channels: forward on a chunk of pixels, and both gradients.
//
//   forward:          u[oh][ow]  = sum_ky,kx r[oh*sh + ky*dh - top][ow*sw + kx*dw - left] w[ky][kx]
//   input gradient:   g[ih][iw]  = sum_ky,kx du[(ih + top - ky*dh) / sh][(iw + left - kx*dw) / sw] w[ky][kx]
//                                  over the taps for which both divisions leave no rest
//   weight gradient:  gw[ky][kx] = sum_oh,ow r[...as in forward] du[oh][ow]
//
// each per channel. Images stand in buffers with zero columns at both sides, so that no column test is
// needed; rows outside the image are left out by choosing the taps of each row (which saves a third of the
// work on 8x8 maps).
#pragma once
#include <numeric>

#include "core/blocks.h"
#include "core/scratch.h"

namespace unnas::UNNAS_ISA {
namespace {

struct Depthwise {
  int64_t height, width, channels;  // of the input
  int64_t kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
  int64_t top, left;  // padding
  int64_t out_height, out_width;

  int64_t taps() const { return kernel_height * kernel_width; }
  int64_t blocks() const { return blocks_of(channels); }
  int64_t reach() const { return (kernel_width - 1) * dilation_width; }
};

/// Rows [first, first + rows) of an image, [channel block][row][column][16], with zero columns at both sides.
struct BlockedImage {
  float* data;
  int64_t first, rows, margin, columns;  // columns: with both margins

  int64_t row_stride() const { return columns * kBlock; }
  int64_t block_stride() const { return rows * row_stride(); }
  /// Of column 0 of the image, which may be negative: the margin.
  float* row(int64_t block, int64_t y) const {
    return data + block * block_stride() + (y - first) * row_stride() + margin * kBlock;
  }
};

/// Room for `rows` rows of `width` columns and channels in `blocks` blocks; the margins are set to zero.
inline BlockedImage blocked_image(int64_t blocks, int64_t rows, int64_t width, int64_t margin,
                                  int64_t right_margin, Scratch& scratch) {
  int64_t columns = margin + width + right_margin;
  // An odd number of lines from row to row, or rows of 32 or 64 pixels would compete for the same cache sets.
  columns += 1 - columns % 2;
  BlockedImage image{scratch.floats(blocks * rows * columns * kBlock), 0, rows, margin, columns};
  for (int64_t i = 0; i < blocks * rows; i++) {
    float* row = image.data + i * image.row_stride();
    std::fill_n(row, margin * kBlock, 0.0f);
    std::fill_n(row + (margin + width) * kBlock, (columns - margin - width) * kBlock, 0.0f);
  }
  return image;
}

inline BlockedImage input_image(const Depthwise& shape, int64_t rows, Scratch& scratch) {
  int64_t past = (shape.out_width - 1) * shape.stride_width + shape.reach() - shape.left - (shape.width - 1);
  return blocked_image(shape.blocks(), rows, shape.width, shape.left, std::max<int64_t>(past, 0), scratch);
}

inline int64_t floor_divide(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

inline BlockedImage gradient_image(const Depthwise& shape, Scratch& scratch) {
  int64_t before = -floor_divide(shape.left - shape.reach(), shape.stride_width);
  int64_t past = floor_divide(shape.width - 1 + shape.left, shape.stride_width) - (shape.out_width - 1);
  return blocked_image(shape.blocks(), shape.out_height, shape.out_width, std::max<int64_t>(before, 0),
                       std::max<int64_t>(past, 0), scratch);
}

/// Fills rows [first, last) of the image from x, the first float of an image of `height` x `width` x
/// `channels`.
template <bool kRelu>
inline void pack_image(const float* x, int64_t width, int64_t channels, int64_t first, int64_t last,
                       BlockedImage& image) {
  image.first = first;
  for (int64_t y = first; y < last; y++) {
    const float* row = x + y * width * channels;
    float* to = image.row(0, y);
    for (int64_t column = 0; column < width; column++)
      pack_row<kRelu>(row + column * channels, channels, to + column * kBlock, image.block_stride());
  }
}

/// Filters [taps][channels] as [channel block][tap][16]; `flipped`: last tap first.
inline float* pack_filters(const float* w, int64_t taps, int64_t channels, bool flipped, Scratch& scratch) {
  float* packed = scratch.floats(blocks_of(channels) * taps * kBlock);
  for (int64_t t = 0; t < taps; t++)
    pack_row<false>(w + (flipped ? taps - 1 - t : t) * channels, channels, packed + t * kBlock,
                    taps * kBlock);
  return packed;
}

/// The taps of a column of filters that stay inside: those k of [begin, end) whose position + k * step is in
/// [0, size).
struct TapRange {
  int64_t begin, end;
};
inline TapRange taps_inside(int64_t position, int64_t step, int64_t taps, int64_t size) {
  int64_t begin = position < 0 ? (-position + step - 1) / step : 0;
  int64_t end = position >= size ? 0 : (size - 1 - position) / step + 1;
  return {std::min(begin, taps), std::min(end, taps)};
}

/// A row of sums: out[j] = sum over `rows` rows i and all kx of
/// source[i * source_stride][j * stride + kx * dilation] w[i * w_stride + kx * w_step], for j in [0, width).
struct RowCall {
  const float* source;
  int64_t source_stride, rows;
  const float* w;
  float* out;
  int64_t width;
  // What follows is read by the general version only; strides of pixels and taps count these, not floats.
  int64_t kernel_width, stride, dilation;
  int64_t w_stride, w_step = 1, out_stride = 1;
};
using RowFunction = void (*)(const RowCall&);

/// Kernel width, dilation and stride known: each input pixel is loaded once for all taps and all sums of a
/// tile.
template <int K, int D, int S>
inline void known_row(const RowCall& call) {
  constexpr int kTile = 8, kInputs = (kTile - 1) * S + (K - 1) * D + 1;
  for (int64_t j = 0; j < call.width; j += kTile) {
    j = std::min(j, call.width - kTile);  // the last tile overlaps the one before
    vf sum[kTile] = {};
    const float *source = call.source + j * S * kBlock, *w = call.w;
    for (int64_t row = 0; row < call.rows; row++, source += call.source_stride, w += K * kBlock) {
      vf wv[K];
      UNNAS_UNROLL
      for (int kx = 0; kx < K; kx++) wv[kx] = load(w + kx * kBlock);
      UNNAS_UNROLL
      for (int i = 0; i < kInputs; i++) {
        vf value = load(source + i * kBlock);
        UNNAS_UNROLL
        for (int kx = 0; kx < K; kx++) {
          int at = i - kx * D;
          if (at >= 0 && at % S == 0 && at / S < kTile) sum[at / S] += value * wv[kx];
        }
      }
    }
    UNNAS_UNROLL
    for (int i = 0; i < kTile; i++) store(call.out + (j + i) * kBlock, sum[i]);
  }
}

template <int kTile>
inline int64_t general_tiles(const RowCall& call, int64_t j) {
  const int64_t stride = call.stride * kBlock, dilation = call.dilation * kBlock,
                w_step = call.w_step * kBlock;
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
    UNNAS_UNROLL
    for (int i = 0; i < kTile; i++) store(call.out + (j + i) * call.out_stride * kBlock, sum[i]);
  }
  return j;
}
inline void general_row(const RowCall& call) {
  general_tiles<1>(call, general_tiles<2>(call, general_tiles<4>(call, general_tiles<8>(call, 0))));
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

/// Output pixels of one step: `rows` rows from `row` and `width` columns from `column`, together at most
/// kChunk.
struct PixelChunk {
  int64_t row, rows, column, width;
  int64_t pixels() const { return rows * width; }
};

/// Calls body(chunk) for rows [first, last) of a map of `width` columns: whole rows, or parts of one if it is
/// wide.
template <class Body>
inline void for_chunks(int64_t first, int64_t last, int64_t width, const Body& body) {
  if (width <= kChunk) {
    int64_t rows = kChunk / width;
    for (int64_t row = first; row < last; row += rows)
      body(PixelChunk{row, std::min(rows, last - row), 0, width});
    return;
  }
  int64_t parts = (width + kChunk - 1) / kChunk, part = (width + parts - 1) / parts;
  for (int64_t row = first; row < last; row++)
    for (int64_t column = 0; column < width; column += part)
      body(PixelChunk{row, 1, column, std::min(part, width - column)});
}

/// u = forward on a chunk of output pixels. `w` as pack_filters makes it.
inline void depthwise_forward(const Depthwise& shape, const BlockedImage& r, const float* w,
                              const PixelChunk& chunk, float* u) {
  RowFunction function =
      row_function(shape.kernel_width, shape.dilation_width, shape.stride_width, chunk.width);
  for (int64_t block = 0; block < shape.blocks(); block++)
    for (int v = 0; v < kVectors && lanes_in(shape.channels - block * kBlock, v) > 0; v++)
      for (int64_t i = 0; i < chunk.rows; i++) {
        int64_t y = (chunk.row + i) * shape.stride_height - shape.top;
        TapRange taps = taps_inside(y, shape.dilation_height, shape.kernel_height, shape.height);
        const float* source = r.row(block, y + taps.begin * shape.dilation_height) +
                              (chunk.column * shape.stride_width - shape.left) * kBlock;
        function({source + v * kLanes, shape.dilation_height * r.row_stride(),
                  std::max<int64_t>(0, taps.end - taps.begin),
                  w + (block * shape.taps() + taps.begin * shape.kernel_width) * kBlock + v * kLanes,
                  u + block * kChunkStride + i * chunk.width * kBlock + v * kLanes, chunk.width,
                  shape.kernel_width, shape.stride_width, shape.dilation_width, shape.kernel_width});
      }
}

/// One row of the weight gradient: sum[kx] += sum_j source[j * S + kx * D] du[j]. The sums alternate over the
/// pixels, so that the additions of one do not wait for each other.
template <int K, int D, int S, int kSums>
inline void gradient_row(const float* source, const float* du, int64_t width, vf (&sum)[K][kSums]) {
  constexpr int kTile = 4, kInputs = (kTile - 1) * S + (K - 1) * D + 1;
  int64_t j = 0;
  for (; j + kTile <= width; j += kTile, source += kTile * S * kBlock, du += kTile * kBlock) {
    vf d[kTile];
    UNNAS_UNROLL
    for (int i = 0; i < kTile; i++) d[i] = load(du + i * kBlock);
    UNNAS_UNROLL
    for (int i = 0; i < kInputs; i++) {
      vf value = load(source + i * kBlock);
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
  constexpr int kSums = K == 3 ? 4 : 2;
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

/// gw += weight gradient of a chunk, laid out like packed filters.
inline void depthwise_weight_gradient(const Depthwise& shape, const BlockedImage& r, const BlockedImage& du,
                                      const PixelChunk& chunk, float* gw) {
  GradientFunction function = gradient_function(shape.kernel_width, shape.dilation_width, shape.stride_width);
  for (int64_t block = 0; block < shape.blocks(); block++)
    for (int v = 0; v < kVectors && lanes_in(shape.channels - block * kBlock, v) > 0; v++)
      for (int64_t ky = 0; ky < shape.kernel_height; ky++) {
        // The rows of the chunk that this tap finds inside the image.
        int64_t y = chunk.row * shape.stride_height + ky * shape.dilation_height - shape.top;
        TapRange rows = taps_inside(y, shape.stride_height, chunk.rows, shape.height);
        if (rows.begin >= rows.end) continue;
        const float* source = r.row(block, y + rows.begin * shape.stride_height) +
                              (chunk.column * shape.stride_width - shape.left) * kBlock;
        function({source + v * kLanes,
                  du.row(block, chunk.row + rows.begin) + chunk.column * kBlock + v * kLanes,
                  shape.stride_height * r.row_stride(), du.row_stride(), rows.end - rows.begin, chunk.width,
                  gw + (block * shape.taps() + ky * shape.kernel_width) * kBlock + v * kLanes,
                  shape.kernel_width, shape.stride_width, shape.dilation_width});
      }
}

/// y[tap][channel] = sum over partial gradients, in their order, each laid out like packed filters.
inline void add_partial_filters(const float* partials, int64_t count, int64_t taps, int64_t channels,
                                float* y) {
  int64_t size = blocks_of(channels) * taps * kBlock;
  for (int64_t t = 0; t < taps; t++)
    for (int64_t c = 0; c < channels; c++) {
      const float* partial = partials + (c / kBlock * taps + t) * kBlock + c % kBlock;
      float total = partial[0];
      for (int64_t i = 1; i < count; i++) total += partial[i * size];
      y[t * channels + c] = total;
    }
}

/// The taps k that carry a pixel of the gradient to an input pixel: k = first + i * step for i < count, and
/// the pixel is place - i * place_step. With a stride only some taps do: those for which (position - k *
/// dilation) / stride has no rest.
struct GradientTaps {
  int64_t first, step, count, place, place_step;
};
inline GradientTaps gradient_taps(int64_t position, int64_t dilation, int64_t stride, int64_t taps) {
  int64_t step = stride / std::gcd(dilation, stride);
  for (int64_t k = 0; k < std::min(step, taps); k++)
    if ((position - k * dilation) % stride == 0)
      return {k, step, (taps - 1 - k) / step + 1, (position - k * dilation) / stride,
              dilation * step / stride};
  return {};
}
/// Those whose pixel is in [0, size).
inline GradientTaps gradient_taps_inside(GradientTaps taps, int64_t size) {
  if (taps.count == 0 || taps.place < 0) return {};
  int64_t end = std::min(taps.count, taps.place / taps.place_step + 1);
  int64_t begin = taps.place < size ? 0 : (taps.place - size) / taps.place_step + 1;
  return {taps.first + begin * taps.step, taps.step, std::max<int64_t>(0, end - begin),
          taps.place - begin * taps.place_step, taps.place_step};
}

/// Row `y` of the input gradient of one channel block, into out[column][16]. `w`: packed filters, `flipped`:
/// the same with the last tap first, as the fast functions for stride 1 read them.
inline void depthwise_input_gradient(const Depthwise& shape, const BlockedImage& du, const float* w,
                                     const float* flipped, int64_t block, int64_t y, float* out) {
  const int lanes = static_cast<int>(std::min<int64_t>(kBlock, shape.channels - block * kBlock));
  if (shape.stride_height == 1 && shape.stride_width == 1) {
    // A convolution of du with the flipped filters.
    int64_t from = y + shape.top - (shape.kernel_height - 1) * shape.dilation_height;
    TapRange taps = taps_inside(from, shape.dilation_height, shape.kernel_height, shape.out_height);
    RowFunction function = row_function(shape.kernel_width, shape.dilation_width, 1, shape.width);
    const float* source =
        du.row(block, from + taps.begin * shape.dilation_height) + (shape.left - shape.reach()) * kBlock;
    for (int v = 0; v * kLanes < lanes; v++)
      function({source + v * kLanes, shape.dilation_height * du.row_stride(),
                std::max<int64_t>(0, taps.end - taps.begin),
                flipped + (block * shape.taps() + taps.begin * shape.kernel_width) * kBlock + v * kLanes,
                out + v * kLanes, shape.width, shape.kernel_width, 1, shape.dilation_width,
                shape.kernel_width});
    return;
  }
  // Any stride: columns with the same rest share their taps.
  GradientTaps rows = gradient_taps_inside(
      gradient_taps(y + shape.top, shape.dilation_height, shape.stride_height, shape.kernel_height),
      shape.out_height);
  for (int64_t phase = 0; phase < std::min(shape.stride_width, shape.width); phase++) {
    GradientTaps columns =
        gradient_taps(phase + shape.left, shape.dilation_width, shape.stride_width, shape.kernel_width);
    const float* source = du.row(block, rows.place) + columns.place * kBlock;
    const float* taps = w + (block * shape.taps() + rows.first * shape.kernel_width + columns.first) * kBlock;
    for (int v = 0; v * kLanes < lanes; v++)
      general_row({source + v * kLanes, -rows.place_step * du.row_stride(), rows.count, taps + v * kLanes,
                   out + phase * kBlock + v * kLanes,
                   (shape.width - phase + shape.stride_width - 1) / shape.stride_width, columns.count, 1,
                   -columns.place_step, rows.step * shape.kernel_width, columns.step, shape.stride_width});
  }
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
