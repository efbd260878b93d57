#include "core/blocked-image.h"
#include "core/gemm.h"

// Convolution of N images H x W x C with filters [kh, kw, C, M]: a matrix product on chunks of output pixels,
// whose rows U[p] hold the input under the filter, tap by tap (kh * kw * C numbers):
//
//   Y = U F,   dF = U^T dY,   dU = dY F^T, added to the input pixels that it came from

namespace unnas::UNNAS_ISA {
namespace {

struct Convolution {
  int64_t images, height, width, channels, outputs;
  int64_t kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width, top,
      left;
  int64_t out_height, out_width;

  explicit Convolution(const Attrs& attrs)
      : images(attrs.integer("images")),
        height(attrs.integer("height")),
        width(attrs.integer("width")),
        channels(attrs.integer("channels")),
        outputs(attrs.integer("outputs")),
        kernel_height(attrs.integer("kernel_height")),
        kernel_width(attrs.integer("kernel_width")),
        stride_height(attrs.integer("stride_height")),
        stride_width(attrs.integer("stride_width")),
        dilation_height(attrs.integer("dilation_height")),
        dilation_width(attrs.integer("dilation_width")),
        top(attrs.integer("top")),
        left(attrs.integer("left")),
        out_height(attrs.integer("out_height")),
        out_width(attrs.integer("out_width")) {}

  int64_t input_size() const { return height * width * channels; }
  int64_t output_size() const { return out_height * out_width * outputs; }
  int64_t inner() const { return kernel_height * kernel_width * channels; }
};

// Calls body(p, column, x): the place in U of pixel p's channels under a tap begins at `column`, and what
// lies there is at x in the image, or x < 0 if that is outside.
template <class Body>
void for_taps(const Convolution& c, const PixelChunk& chunk, const Body& body) {
  for (int64_t ky = 0, column = 0; ky < c.kernel_height; ky++)
    for (int64_t kx = 0; kx < c.kernel_width; kx++, column += c.channels)
      for (int64_t i = 0, p = 0; i < chunk.rows; i++) {
        int64_t y = (chunk.row + i) * c.stride_height - c.top + ky * c.dilation_height;
        bool row_inside = y >= 0 && y < c.height;
        int64_t x = chunk.column * c.stride_width - c.left + kx * c.dilation_width;
        for (int64_t j = 0; j < chunk.width; j++, p++, x += c.stride_width)
          body(p, column, row_inside && x >= 0 && x < c.width ? (y * c.width + x) * c.channels : -1);
      }
}

float* place(float* chunk, int64_t p, int64_t column) {
  return chunk + column / kBlock * kChunkStride + p * kBlock + column % kBlock;
}

void gather(const Convolution& c, const float* image, const PixelChunk& chunk, float* u) {
  const bool aligned = c.channels % kBlock == 0 || c.kernel_height * c.kernel_width == 1;
  for_taps(c, chunk, [&](int64_t p, int64_t column, int64_t at) {
    if (!aligned) {
      for (int64_t i = 0; i < c.channels; i++) *place(u, p, column + i) = at < 0 ? 0.0f : image[at + i];
    } else if (at >= 0) {
      pack_row<false>(image + at, c.channels, place(u, p, column), kChunkStride);
    } else {
      for (int64_t i = 0; i < c.channels; i += kBlock) std::fill_n(place(u, p, column + i), kBlock, 0.0f);
    }
  });
}

void scatter_add(const Convolution& c, float* du, const PixelChunk& chunk, float* image) {
  for_taps(c, chunk, [&](int64_t p, int64_t column, int64_t at) {
    if (at < 0) return;
    for (int64_t i = 0; i < c.channels;) {
      // Up to the end of a block the numbers stand side by side.
      int64_t run = std::min(c.channels - i, kBlock - (column + i) % kBlock);
      const float* from = place(du, p, column + i);
      for (int64_t j = 0; j < run; j++) image[at + i + j] += from[j];
      i += run;
    }
  });
}

// [x, filter] -> [y]
void conv2d(const Call& call) {
  const Convolution c(call.attrs);
  const float* x = call.in(0).f32();
  float* y = call.out(0).f32();
  Scratch shared;
  const Panels filter = pack_panels(call.in(1).f32(), c.inner(), c.outputs, c.outputs, 1, shared);
  constexpr int64_t kPixels = 256;
  int64_t grain = std::max<int64_t>(1, kPixels / c.out_width);  // rows of output, over all images
  parallel_for(c.images * c.out_height, grain, [&](int64_t, int64_t begin, int64_t end) {
    Scratch scratch;
    float* u = scratch.floats(chunk_floats(c.inner()));
    while (begin < end) {
      int64_t n = begin / c.out_height, first = begin % c.out_height;
      int64_t last = std::min(c.out_height, first + end - begin);
      for_chunks(first, last, c.out_width, [&](const PixelChunk& chunk) {
        gather(c, x + n * c.input_size(), chunk, u);
        int64_t pixel = chunk.row * c.out_width + chunk.column;
        multiply(u, chunk.pixels(), filter, ToMatrix{y + n * c.output_size() + pixel * c.outputs, c.outputs});
      });
      begin += last - first;
    }
  });
}

// [x, dy] -> [dfilter]
void conv2d_filter_grad(const Call& call) {
  const Convolution c(call.attrs);
  const float *x = call.in(0).f32(), *dy = call.in(1).f32();
  Scratch shared;
  constexpr int64_t kMaxPieces = 64;
  int64_t group = chunk_count(c.images, kMaxPieces), pieces = chunk_count(c.images, group);
  int64_t size = padded(c.inner()) * padded(c.outputs);
  float* partials = shared.floats(pieces * size);
  parallel_for(c.images, group, [&](int64_t piece, int64_t begin, int64_t end) {
    Scratch scratch;
    float* u = scratch.floats(chunk_floats(c.inner()));
    float* d = scratch.floats(chunk_floats(c.outputs));
    std::fill_n(partials + piece * size, size, 0.0f);
    for (int64_t n = begin; n < end; n++)
      for_chunks(0, c.out_height, c.out_width, [&](const PixelChunk& chunk) {
        gather(c, x + n * c.input_size(), chunk, u);
        int64_t pixel = chunk.row * c.out_width + chunk.column;
        pack_chunk(dy + n * c.output_size() + pixel * c.outputs, chunk.pixels(), c.outputs, c.outputs, d);
        accumulate(u, c.inner(), d, c.outputs, chunk.pixels(), partials + piece * size);
      });
  });
  add_partial_matrices(partials, pieces, c.inner(), c.outputs, call.out(0).f32());
}

// [dy, filter] -> [dx]
void conv2d_input_grad(const Call& call) {
  const Convolution c(call.attrs);
  const float* dy = call.in(0).f32();
  float* dx = call.out(0).f32();
  Scratch shared;
  const Panels transposed = pack_panels(call.in(1).f32(), c.outputs, c.inner(), 1, c.outputs, shared);
  parallel_for(c.images, 1, [&](int64_t, int64_t begin, int64_t end) {
    Scratch scratch;
    float* d = scratch.floats(chunk_floats(c.outputs));
    float* du = scratch.floats(chunk_floats(c.inner()));
    for (int64_t n = begin; n < end; n++) {
      float* image = dx + n * c.input_size();
      std::fill_n(image, c.input_size(), 0.0f);
      for_chunks(0, c.out_height, c.out_width, [&](const PixelChunk& chunk) {
        int64_t pixel = chunk.row * c.out_width + chunk.column;
        pack_chunk(dy + n * c.output_size() + pixel * c.outputs, chunk.pixels(), c.outputs, c.outputs, d);
        multiply(d, chunk.pixels(), transposed, ToChunk{du});
        scatter_add(c, du, chunk, image);
      });
    }
  });
}

UNNAS_KERNEL("conv2d", conv2d);
UNNAS_KERNEL("conv2d_filter_grad", conv2d_filter_grad);
UNNAS_KERNEL("conv2d_input_grad", conv2d_input_grad);

}  // namespace
}  // namespace unnas::UNNAS_ISA
