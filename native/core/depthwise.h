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

#include "core/blocked-image.h"
#include "core/depthwise-row.h"
#include "core/gemm.h"

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

/// Filters [taps][channels] as [channel block][tap][16]; `flipped`: last tap first.
inline void fill_filters(const float* w, int64_t taps, int64_t channels, bool flipped, float* packed) {
  for (int64_t t = 0; t < taps; t++)
    pack_row<false>(w + (flipped ? taps - 1 - t : t) * channels, channels, packed + t * kBlock,
                    taps * kBlock);
}
inline float* pack_filters(const float* w, int64_t taps, int64_t channels, bool flipped, Scratch& scratch) {
  float* packed = scratch.floats(blocks_of(channels) * taps * kBlock);
  fill_filters(w, taps, channels, flipped, packed);
  return packed;
}

/// u = forward on a chunk of output pixels. `w` as pack_filters makes it.
inline void depthwise_forward(const Depthwise& shape, const BlockedImage& r, const float* w,
                              const PixelChunk& chunk, float* u) {
  const int64_t y = chunk.row * shape.stride_height - shape.top;
  for (int64_t block = 0; block < shape.blocks(); block++)
    for (int v = 0; v < kVectors && lanes_in(shape.channels - block * kBlock, v) > 0; v++)
      weighted_rows(
          {.source = r.row(block, y) + (chunk.column * shape.stride_width - shape.left) * kBlock + v * kLanes,
           .source_stride = r.row_stride(),
           .y = y,
           .height = shape.height,
           .w = w + block * shape.taps() * kBlock + v * kLanes,
           .out = u + block * kChunkStride + v * kLanes,
           .out_row = chunk.width * kBlock,
           .rows = chunk.rows,
           .width = chunk.width,
           .add = false,
           .kernel_height = shape.kernel_height,
           .kernel_width = shape.kernel_width,
           .row_step = shape.stride_height,
           .stride = shape.stride_width,
           .row_dilation = shape.dilation_height,
           .dilation = shape.dilation_width,
           .w_row = shape.kernel_width});
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
  const int64_t size = blocks_of(channels) * taps * kBlock;
  Scratch scratch;
  float* total = scratch.floats(size);
  add_partials(partials, count, size, size, total);
  for (int64_t t = 0; t < taps; t++)
    unpack_row(total + t * kBlock, taps * kBlock, channels, y + t * channels);
}

/// The taps k that carry a pixel of the gradient to an input pixel, from the last to the first: k = last -
/// i * step for i < count, and their pixels are place + i * place_step. With a stride only some taps do:
/// those for which (position - k * dilation) / stride has no rest.
struct GradientTaps {
  int64_t last, step, count, place, place_step;
};
inline GradientTaps gradient_taps(int64_t position, int64_t dilation, int64_t stride, int64_t taps) {
  const int64_t step = stride / std::gcd(dilation, stride);
  for (int64_t k = taps - 1; k >= 0 && k > taps - 1 - step; k--)
    if ((position - k * dilation) % stride == 0)
      return {k, step, k / step + 1, (position - k * dilation) / stride, dilation * step / stride};
  return {};
}

/// Rows [first, first + count) of the input gradient of one channel block, into out [row][column][16] or,
/// with `add`, added to it. `flipped`: packed filters with the last tap first.
inline void depthwise_input_gradient(const Depthwise& shape, const BlockedImage& du, const float* flipped,
                                     int64_t block, int64_t first, int64_t count, float* out,
                                     bool add = false) {
  const int lanes = static_cast<int>(std::min<int64_t>(kBlock, shape.channels - block * kBlock));
  const int64_t row_stride = shape.stride_height, stride = shape.stride_width;
  // With a stride rows, and columns, that leave the same rest share their taps.
  for (int64_t row = 0; row < std::min(row_stride, count); row++) {
    const GradientTaps rows =
        gradient_taps(first + row + shape.top, shape.dilation_height, row_stride, shape.kernel_height);
    for (int64_t column = 0; column < std::min(stride, shape.width); column++) {
      const GradientTaps columns =
          gradient_taps(column + shape.left, shape.dilation_width, stride, shape.kernel_width);
      if (add && (rows.count == 0 || columns.count == 0)) continue;
      const int64_t tap =
          (shape.kernel_height - 1 - rows.last) * shape.kernel_width + shape.kernel_width - 1 - columns.last;
      for (int v = 0; v * kLanes < lanes; v++)
        weighted_rows({.source = du.row(block, rows.place) + columns.place * kBlock + v * kLanes,
                       .source_stride = du.row_stride(),
                       .y = rows.place,
                       .height = shape.out_height,
                       .w = flipped + (block * shape.taps() + tap) * kBlock + v * kLanes,
                       .out = out + (row * shape.width + column) * kBlock + v * kLanes,
                       .out_row = row_stride * shape.width * kBlock,
                       .rows = (count - row + row_stride - 1) / row_stride,
                       .width = (shape.width - column + stride - 1) / stride,
                       .add = add,
                       .kernel_height = rows.count,
                       .kernel_width = columns.count,
                       .row_step = 1,
                       .stride = 1,
                       .row_dilation = rows.place_step,
                       .dilation = columns.place_step,
                       .w_row = rows.step * shape.kernel_width,
                       .w_tap = columns.step,
                       .out_stride = stride});
    }
  }
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
