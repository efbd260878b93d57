#include "core/depthwise.h"

// Depthwise convolution with filters [kh, kw, C, Q]: channel c of the input gives channels c*Q .. c*Q + Q-1
// of the output. For Q > 1 the input is read as an image of C*Q channels, each repeated Q times; the rest is
// as for Q = 1.

namespace unnas::UNNAS_ISA {
namespace {

struct Shape {
  int64_t images, input_channels, multiplier;
  Depthwise depthwise;  // its channels are those of the output

  explicit Shape(const Attrs& attrs)
      : images(attrs.integer("images")),
        input_channels(attrs.integer("channels")),
        multiplier(attrs.integer("outputs") / input_channels),
        depthwise{attrs.integer("height"),         attrs.integer("width"),
                  attrs.integer("outputs"),        attrs.integer("kernel_height"),
                  attrs.integer("kernel_width"),   attrs.integer("stride_height"),
                  attrs.integer("stride_width"),   attrs.integer("dilation_height"),
                  attrs.integer("dilation_width"), attrs.integer("top"),
                  attrs.integer("left"),           attrs.integer("out_height"),
                  attrs.integer("out_width")} {}

  int64_t input_size() const { return depthwise.height * depthwise.width * input_channels; }
  int64_t output_size() const { return depthwise.out_height * depthwise.out_width * depthwise.channels; }
};

// An image of the input; `repeated`: room for a row of the input with its channels repeated.
void pack_input(const Shape& shape, const float* x, BlockedImage& image, float* repeated) {
  const Depthwise& d = shape.depthwise;
  if (shape.multiplier == 1) {
    pack_image<false>(x, d.width, d.channels, 0, d.height, image);
    return;
  }
  for (int64_t y = 0; y < d.height; y++) {
    const float* row = x + y * d.width * shape.input_channels;
    for (int64_t i = 0; i < d.width * shape.input_channels; i++)
      std::fill_n(repeated + i * shape.multiplier, shape.multiplier, row[i]);
    float* to = image.row(0, y);
    for (int64_t column = 0; column < d.width; column++)
      pack_row<false>(repeated + column * d.channels, d.channels, to + column * kBlock, image.block_stride());
  }
}

// [x, filter] -> [y]
void depthwise_conv(const Call& call) {
  const Shape shape(call.attrs);
  const Depthwise& d = shape.depthwise;
  const float* x = call.in(0).f32();
  float* y = call.out(0).f32();
  Scratch shared;
  const float* w = pack_filters(call.in(1).f32(), d.taps(), d.channels, false, shared);
  parallel_for(shape.images, 1, [&](int64_t, int64_t begin, int64_t end) {
    Scratch scratch;
    BlockedImage image = input_image(d, d.height, scratch);
    float* u = scratch.floats(chunk_floats(d.channels));
    float* repeated = scratch.floats(d.width * d.channels);
    for (int64_t n = begin; n < end; n++) {
      pack_input(shape, x + n * shape.input_size(), image, repeated);
      for_chunks(0, d.out_height, d.out_width, [&](const PixelChunk& chunk) {
        depthwise_forward(d, image, w, chunk, u);
        float* out = y + n * shape.output_size() + (chunk.row * d.out_width + chunk.column) * d.channels;
        for (int64_t p = 0; p < chunk.pixels(); p++)
          unpack_row(u + p * kBlock, kChunkStride, d.channels, out + p * d.channels);
      });
    }
  });
}

// [x, dy] -> [dfilter]
void depthwise_conv_filter_grad(const Call& call) {
  const Shape shape(call.attrs);
  const Depthwise& d = shape.depthwise;
  const float *x = call.in(0).f32(), *dy = call.in(1).f32();
  Scratch shared;
  constexpr int64_t kMaxPieces = 64;
  int64_t group = chunk_count(shape.images, kMaxPieces), pieces = chunk_count(shape.images, group);
  int64_t size = d.blocks() * d.taps() * kBlock;
  float* partials = shared.floats(pieces * size);
  parallel_for(shape.images, group, [&](int64_t piece, int64_t begin, int64_t end) {
    Scratch scratch;
    BlockedImage image = input_image(d, d.height, scratch), gradient = gradient_image(d, scratch);
    float* repeated = scratch.floats(d.width * d.channels);
    std::fill_n(partials + piece * size, size, 0.0f);
    for (int64_t n = begin; n < end; n++) {
      pack_input(shape, x + n * shape.input_size(), image, repeated);
      pack_image<false>(dy + n * shape.output_size(), d.out_width, d.channels, 0, d.out_height, gradient);
      for_chunks(0, d.out_height, d.out_width, [&](const PixelChunk& chunk) {
        depthwise_weight_gradient(d, image, gradient, chunk, partials + piece * size);
      });
    }
  });
  add_partial_filters(partials, pieces, d.taps(), d.channels, call.out(0).f32());
}

// [dy, filter] -> [dx]
void depthwise_conv_input_grad(const Call& call) {
  const Shape shape(call.attrs);
  const Depthwise& d = shape.depthwise;
  const float* dy = call.in(0).f32();
  float* dx = call.out(0).f32();
  Scratch shared;
  const float* flipped = pack_filters(call.in(1).f32(), d.taps(), d.channels, true, shared);
  parallel_for(shape.images, 1, [&](int64_t, int64_t begin, int64_t end) {
    Scratch scratch;
    BlockedImage gradient = gradient_image(d, scratch);
    float* row = scratch.floats(d.blocks() * d.width * kBlock);
    float* all = scratch.floats(d.channels);
    for (int64_t n = begin; n < end; n++) {
      pack_image<false>(dy + n * shape.output_size(), d.out_width, d.channels, 0, d.out_height, gradient);
      for (int64_t y = 0; y < d.height; y++) {
        for (int64_t block = 0; block < d.blocks(); block++)
          depthwise_input_gradient(d, gradient, flipped, block, y, 1, row + block * d.width * kBlock);
        float* out = dx + n * shape.input_size() + y * d.width * shape.input_channels;
        for (int64_t column = 0; column < d.width; column++, out += shape.input_channels) {
          if (shape.multiplier == 1) {
            unpack_row(row + column * kBlock, d.width * kBlock, d.channels, out);
            continue;
          }
          unpack_row(row + column * kBlock, d.width * kBlock, d.channels, all);
          for (int64_t c = 0; c < shape.input_channels; c++) {
            out[c] = 0;
            for (int64_t q = 0; q < shape.multiplier; q++) out[c] += all[c * shape.multiplier + q];
          }
        }
      }
    }
  });
}

UNNAS_KERNEL("depthwise_conv", depthwise_conv);
UNNAS_KERNEL("depthwise_conv_filter_grad", depthwise_conv_filter_grad);
UNNAS_KERNEL("depthwise_conv_input_grad", depthwise_conv_input_grad);

}  // namespace
}  // namespace unnas::UNNAS_ISA
