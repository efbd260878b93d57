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

/// The taps of a column of filters that stay inside: those k of [begin, end) whose position + k * step is in
/// [0, size).
struct TapRange {
  int64_t begin, end;
};
inline TapRange taps_inside(int64_t position, int64_t step, int64_t taps, int64_t size) {
  // Filters have few taps: looking at each takes less time than dividing.
  TapRange inside{0, taps};
  while (inside.begin < taps && position + inside.begin * step < 0) inside.begin++;
  while (inside.end > 0 && position + (inside.end - 1) * step >= size) inside.end--;
  return inside;
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
                  u + block * kChunkStride + i * chunk.width * kBlock + v * kLanes, chunk.width, false,
                  shape.kernel_width, shape.stride_width, shape.dilation_width, shape.kernel_width});
      }
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

/// Row `y` of the input gradient of one channel block, into out[column][16] or, with `add`, added to it. `w`:
/// packed filters, `flipped`: the same with the last tap first, as the fast functions for stride 1 read them.
inline void depthwise_input_gradient(const Depthwise& shape, const BlockedImage& du, const float* w,
                                     const float* flipped, int64_t block, int64_t y, float* out,
                                     bool add = false) {
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
                out + v * kLanes, shape.width, add, shape.kernel_width, 1, shape.dilation_width,
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
                   (shape.width - phase + shape.stride_width - 1) / shape.stride_width, add, columns.count, 1,
                   -columns.place_step, rows.step * shape.kernel_width, columns.step, shape.stride_width});
  }
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
