#include "core/depthwise.h"
#include "core/gemm.h"

// N images of H x W x C, kernel k, M output channels; R = relu(x), U = depthwise(R):
//
//   forward   Y  = U P                                    P the pointwise matrix [C, M]
//   backward  dU = dY P^T,  dP = U^T dY,  dw = depthwise weight gradient of (R, dU),
//             dx = depthwise input gradient of dU where x > 0, else 0
//
// U is made by chunks of 64 pixels that stay in the L1 cache and never stored; the backward pass makes it
// again.

namespace unnas::UNNAS_ISA {
namespace {

struct Separable {
  int64_t images, outputs;
  Depthwise depthwise;

  explicit Separable(const Attrs& attrs)
      : images(attrs.integer("images")), outputs(attrs.integer("outputs")), depthwise{} {
    auto& d = depthwise;
    d.height = attrs.integer("height"), d.width = attrs.integer("width"),
    d.channels = attrs.integer("channels");
    d.kernel_height = d.kernel_width = attrs.integer("kernel");
    d.stride_height = d.stride_width = attrs.integer("stride");
    d.dilation_height = d.dilation_width = attrs.integer("dilation");
    d.top = d.left = d.dilation_width * (d.kernel_width - 1) / 2;
    d.out_height = (d.height - 1) / d.stride_height + 1;
    d.out_width = (d.width - 1) / d.stride_width + 1;
  }

  int64_t input_size() const { return depthwise.height * depthwise.width * depthwise.channels; }
  int64_t output_size() const { return depthwise.out_height * depthwise.out_width * outputs; }
  int64_t output_pixels() const { return depthwise.out_height * depthwise.out_width; }
};

// [x, depthwise, pointwise] -> [y]
void separable_conv(const Call& call) {
  const Separable shape(call.attrs);
  const Depthwise& d = shape.depthwise;
  const float* x = call.in(0).f32();
  float* y = call.out(0).f32();
  Scratch shared;
  const float* w = pack_filters(call.in(1).f32(), d.taps(), d.channels, false, shared);
  const Panels pointwise = pack_panels(call.in(2).f32(), d.channels, shape.outputs, shape.outputs, 1, shared);

  // A piece of work is some rows of a large image or several small images.
  constexpr int64_t kPixels = 1024;
  int64_t band = std::min(d.out_height, std::max<int64_t>(16, kPixels / d.out_width));
  int64_t bands = chunk_count(d.out_height, band);
  int64_t group = std::max<int64_t>(1, kPixels / 4 / shape.output_pixels());
  int64_t rows =
      std::min(d.height, (band - 1) * d.stride_height + (d.kernel_height - 1) * d.dilation_height + 1);

  parallel_for(shape.images * bands, group, [&](int64_t, int64_t begin, int64_t end) {
    Scratch scratch;
    BlockedImage image = input_image(d, rows, scratch);
    float* u = scratch.floats(chunk_floats(d.channels));
    for (int64_t piece = begin; piece < end; piece++) {
      int64_t n = piece / bands, first = piece % bands * band, last = std::min(d.out_height, first + band);
      int64_t top = std::max<int64_t>(0, first * d.stride_height - d.top);
      int64_t bottom = (last - 1) * d.stride_height - d.top + (d.kernel_height - 1) * d.dilation_height + 1;
      pack_image<true>(x + n * shape.input_size(), d.width, d.channels, top, std::min(d.height, bottom),
                       image);
      for_chunks(first, last, d.out_width, [&](const PixelChunk& chunk) {
        depthwise_forward(d, image, w, chunk, u);
        int64_t pixel = chunk.row * d.out_width + chunk.column;
        multiply(u, chunk.pixels(), pointwise,
                 ToMatrix{y + n * shape.output_size() + pixel * shape.outputs, shape.outputs});
      });
    }
  });
}

// Stores the rows of a chunk product into an image.
struct ToImage {
  float* origin;  // of the image's first block
  int64_t block_stride;
  int64_t pixel[kChunk];  // where in its block each pixel of the chunk stands

  ToImage(const BlockedImage& image, const PixelChunk& chunk)
      : origin(image.row(0, chunk.row) + chunk.column * kBlock), block_stride(image.block_stride()) {
    for (int64_t i = 0, p = 0; i < chunk.rows; i++)
      for (int64_t j = 0; j < chunk.width; j++) pixel[p++] = i * image.row_stride() + j * kBlock;
  }
  void operator()(int64_t p, int64_t n, vf value, int) const {
    store(origin + n / kBlock * block_stride + n % kBlock + pixel[p], value);
  }
};

// dx = the input gradient where r > 0. `rows`: room for one row of the image, in blocks.
void store_input_gradient(const Depthwise& d, const BlockedImage& r, const BlockedImage& du,
                          const float* flipped, float* rows, float* dx) {
  for (int64_t y = 0; y < d.height; y++) {
    for (int64_t block = 0; block < d.blocks(); block++) {
      float* row = rows + block * d.width * kBlock;
      depthwise_input_gradient(d, du, flipped, block, y, 1, row);
      const float* input = r.row(block, y);
      for (int64_t i = 0; i < d.width * kBlock; i += kLanes)
        store(row + i, load(input + i) > 0.0f ? load(row + i) : vf{});
    }
    for (int64_t column = 0; column < d.width; column++, dx += d.channels)
      unpack_row(rows + column * kBlock, d.width * kBlock, d.channels, dx);
  }
}

// [x, depthwise, pointwise, dy] -> [dx, dDepthwise, dPointwise] or [dx]
void separable_conv_grad(const Call& call) {
  const Separable shape(call.attrs);
  const Depthwise& d = shape.depthwise;
  const bool weights = call.attrs.flag("weights");
  const float *x = call.in(0).f32(), *dy = call.in(3).f32();
  float* dx = call.out(0).f32();
  Scratch shared;
  const float* w = pack_filters(call.in(1).f32(), d.taps(), d.channels, false, shared);
  const float* flipped = pack_filters(call.in(1).f32(), d.taps(), d.channels, true, shared);
  const Panels transposed =
      pack_panels(call.in(2).f32(), shape.outputs, d.channels, 1, shape.outputs, shared);

  // A piece of work is one or several images; its weight gradients are a partial sum of its own.
  constexpr int64_t kMaxPieces = 64, kPixels = 256;
  int64_t group =
      std::max({int64_t{1}, kPixels / shape.output_pixels(), chunk_count(shape.images, kMaxPieces)});
  int64_t pieces = chunk_count(shape.images, group);
  int64_t filter_size = d.blocks() * d.taps() * kBlock;
  int64_t matrix_size = padded(d.channels) * padded(shape.outputs);
  float* filter_partials = weights ? shared.floats(pieces * filter_size) : nullptr;
  float* matrix_partials = weights ? shared.floats(pieces * matrix_size) : nullptr;

  parallel_for(shape.images, group, [&](int64_t piece, int64_t begin, int64_t end) {
    Scratch scratch;
    BlockedImage r = input_image(d, d.height, scratch), du = gradient_image(d, scratch);
    float* u = scratch.floats(chunk_floats(d.channels));
    float* dy_chunk = scratch.floats(chunk_floats(shape.outputs));
    float* rows = scratch.floats(d.blocks() * d.width * kBlock);
    float* filter_sum = weights ? filter_partials + piece * filter_size : nullptr;
    float* matrix_sum = weights ? matrix_partials + piece * matrix_size : nullptr;
    if (weights) {
      std::fill_n(filter_sum, filter_size, 0.0f);
      std::fill_n(matrix_sum, matrix_size, 0.0f);
    }
    for (int64_t n = begin; n < end; n++) {
      pack_image<true>(x + n * shape.input_size(), d.width, d.channels, 0, d.height, r);
      for_chunks(0, d.out_height, d.out_width, [&](const PixelChunk& chunk) {
        int64_t pixel = chunk.row * d.out_width + chunk.column;
        pack_chunk(dy + n * shape.output_size() + pixel * shape.outputs, chunk.pixels(), shape.outputs,
                   shape.outputs, dy_chunk);
        multiply(dy_chunk, chunk.pixels(), transposed, ToImage(du, chunk));
        if (!weights) return;
        depthwise_forward(d, r, w, chunk, u);
        accumulate(u, d.channels, dy_chunk, shape.outputs, chunk.pixels(), matrix_sum);
        depthwise_weight_gradient(d, r, du, chunk, filter_sum);
      });
      store_input_gradient(d, r, du, flipped, rows, dx + n * shape.input_size());
    }
  });

  if (!weights) return;
  add_partial_filters(filter_partials, pieces, d.taps(), d.channels, call.out(1).f32());
  add_partial_matrices(matrix_partials, pieces, d.channels, shape.outputs, call.out(2).f32());
}

UNNAS_KERNEL("separable_conv", separable_conv);
UNNAS_KERNEL("separable_conv_grad", separable_conv_grad);

}  // namespace
}  // namespace unnas::UNNAS_ISA
