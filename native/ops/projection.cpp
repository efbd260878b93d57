#include "core/gemm.h"
#include "ops/norm-gradient.h"

// ReLU, 1x1 convolution, batch norm: what fits an input of a cell to its channels. One filter [C, M] reads
// all pixels; of a factorized reduction the first filter reads the pixels with even row and column, the
// second those with odd ones (past an odd edge there are zeros), and each gives half of the channels.
//
//   forward   Z = relu(X) F,  Y = gamma (Z - mean) / deviation + beta
//   backward  dZ = a dY + b (Z - mean) + d (see norm-gradient.h),  dF = relu(X)^T dZ,  dX = dZ F^T where X >
//   0
//
// relu(X) is made by chunks of 64 pixels that stay in the cache and never stored, and neither is dZ. Without
// gamma and beta Z is not kept either: the backward pass finds (Z - mean) / deviation in Y.

namespace unnas::UNNAS_ISA {
namespace {

struct Projection {
  int64_t images, height, width, channels, outputs;
  int64_t filters;  // 1, or 2 of a factorized reduction
  bool affine;
  double epsilon;
  int64_t out_height, out_width, pixels;  // of the output, pixels of all images

  explicit Projection(const Attrs& attrs)
      : images(attrs.integer("images")),
        height(attrs.integer("height")),
        width(attrs.integer("width")),
        channels(attrs.integer("channels")),
        outputs(attrs.integer("outputs")),
        filters(attrs.integer("filters")),
        affine(attrs.flag("affine")),
        epsilon(attrs.number("epsilon")),
        out_height((height - 1) / filters + 1),
        out_width((width - 1) / filters + 1),
        pixels(images * out_height * out_width) {}

  int64_t columns() const { return outputs / filters; }  // of a filter

  /// Where the pixel of x that a filter reads for an output pixel begins; negative: it lies outside.
  int64_t source(int64_t pixel, int64_t filter) const {
    if (filters == 1) return pixel * channels;
    const int64_t y = 2 * (pixel / out_width % out_height) + filter, x = 2 * (pixel % out_width) + filter;
    if (y >= height || x >= width) return -1;
    return ((pixel / (out_width * out_height) * height + y) * width + x) * channels;
  }
};

/// relu of what a filter reads for output pixels [first, first + rows).
void pack_sources(const Projection& shape, const float* x, int64_t filter, int64_t first, int64_t rows,
                  float* u) {
  for (int64_t p = 0; p < rows; p++) {
    const int64_t source = shape.source(first + p, filter);
    if (source >= 0) {
      pack_row<true>(x + source, shape.channels, u + p * kBlock, kChunkStride);
    } else {
      for (int64_t block = 0; block < blocks_of(shape.channels); block++)
        std::fill_n(u + block * kChunkStride + p * kBlock, kBlock, 0.0f);
    }
  }
}

/// body(first, rows) for chunks of pixels [begin, end).
template <class Body>
void for_pixel_chunks(int64_t begin, int64_t end, const Body& body) {
  for (int64_t first = begin; first < end; first += kChunk)
    body(first, std::min<int64_t>(kChunk, end - first));
}

constexpr int64_t kGrain = 16 * kChunk;  // pixels of a piece of work, at least

// inputs: x, one or two filters, gamma and beta if affine; outputs: y, mean, variance, and if affine Z.
void projection(const Call& call) {
  const Projection shape(call.attrs);
  const float* x = call.in(0).f32();
  float *y = call.out(0).f32(), *mean = call.out(1).f32(), *variance = call.out(2).f32();
  float* z = shape.affine ? call.out(3).f32() : y;
  Scratch shared;
  std::vector<Panels> panels;
  for (int64_t k = 0; k < shape.filters; k++)
    panels.push_back(pack_panels(call.in(static_cast<size_t>(1 + k)).f32(), shape.channels, shape.columns(),
                                 shape.columns(), 1, shared));

  parallel_for(shape.pixels, kGrain, [&](int64_t, int64_t begin, int64_t end) {
    Scratch scratch;
    float* u = scratch.floats(chunk_floats(shape.channels));
    for_pixel_chunks(begin, end, [&](int64_t first, int64_t rows) {
      for (int64_t k = 0; k < shape.filters; k++) {
        pack_sources(shape, x, k, first, rows, u);
        multiply(u, rows, panels[static_cast<size_t>(k)],
                 ToMatrix{z + first * shape.outputs + k * shape.columns(), shape.outputs});
      }
    });
  });

  batch_moments({z}, shape.pixels, shape.outputs, mean, variance);
  auto scale = inverse_deviations(variance, shape.epsilon, shape.outputs);
  std::vector<float> offset(scale.size(), 0.0f);
  if (shape.affine) {
    const auto after = static_cast<size_t>(1 + shape.filters);
    for (size_t c = 0; c < scale.size(); c++) scale[c] *= call.in(after).f32()[c];
    std::copy_n(call.in(after + 1).f32(), shape.outputs, offset.begin());
  }
  scale_and_shift(z, mean, scale.data(), offset.data(), y, shape.pixels, shape.outputs);
}

/// Stores the rows of a chunk product into the gradients of the pixels that a filter reads, where x > 0.
struct ToSources {
  const float* x;
  float* dx;
  int64_t source[kChunk];

  ToSources(const Projection& shape, const float* x, float* dx, int64_t filter, int64_t first, int64_t rows)
      : x(x), dx(dx) {
    for (int64_t p = 0; p < rows; p++) source[p] = shape.source(first + p, filter);
  }
  void operator()(int64_t p, int64_t n, vf value, int lanes) const {
    if (source[p] < 0) return;
    const int64_t at = source[p] + n;
    store_lanes(dx + at, load_lanes(x + at, lanes) > 0.0f ? value : vf{}, lanes);
  }
};

// inputs: those of projection, its four outputs, dy; outputs: dx and, with `weights`, the gradients of the
// filters and of gamma and beta.
void projection_grad(const Call& call) {
  const Projection shape(call.attrs);
  const bool weights = call.attrs.flag("weights");
  const auto filters = static_cast<size_t>(shape.filters), after = 1 + filters + (shape.affine ? 2 : 0);
  const float *x = call.in(0).f32(), *dy = call.in(after + 4).f32();
  float* dx = call.out(0).f32();

  // dZ in terms of Z; or, of y in its place, which has mean 0 and deviation 1.
  const auto deviations = inverse_deviations(call.in(after + 2).f32(), shape.epsilon, shape.outputs);
  const std::vector<float> zero(deviations.size(), 0.0f), one(deviations.size(), 1.0f);
  auto slope = deviations;
  if (shape.affine)
    for (size_t c = 0; c < slope.size(); c++) slope[c] *= call.in(1 + filters).f32()[c];
  const float* map = call.in(shape.affine ? after + 3 : after).f32();
  const float* mean = shape.affine ? call.in(after + 1).f32() : zero.data();
  const auto [a, b, d] =
      norm_gradient(map, mean, shape.affine ? deviations.data() : one.data(), slope.data(), dy, shape.pixels,
                    shape.outputs, shape.affine && weights ? call.out(1 + filters).f32() : nullptr,
                    shape.affine && weights ? call.out(2 + filters).f32() : nullptr);

  Scratch shared;
  constexpr int64_t kMaxPieces = 32;
  const int64_t grain = std::max(kGrain, chunk_count(chunk_count(shape.pixels, kMaxPieces), kChunk) * kChunk);
  const int64_t pieces = chunk_count(shape.pixels, grain), columns = shape.columns();
  const int64_t matrix_size = padded(shape.channels) * padded(columns);
  std::vector<Panels> transposed;
  for (size_t k = 0; k < filters; k++)
    transposed.push_back(pack_panels(call.in(1 + k).f32(), columns, shape.channels, 1, columns, shared));
  float* partials = weights ? shared.floats(shape.filters * pieces * matrix_size) : nullptr;

  if (filters > 1)  // no filter reads the other pixels
    parallel_for(static_cast<int64_t>(call.out(0).size), 1 << 16,
                 [&](int64_t, int64_t begin, int64_t end) { std::fill(dx + begin, dx + end, 0.0f); });
  parallel_for(shape.pixels, grain, [&](int64_t piece, int64_t begin, int64_t end) {
    Scratch scratch;
    float* u = scratch.floats(chunk_floats(shape.channels));
    float* dz = scratch.floats(kChunk * shape.outputs);
    float* dz_chunk = scratch.floats(chunk_floats(columns));
    auto partial = [&](int64_t k) { return partials + (k * pieces + piece) * matrix_size; };
    for (int64_t k = 0; weights && k < shape.filters; k++) std::fill_n(partial(k), matrix_size, 0.0f);

    for_pixel_chunks(begin, end, [&](int64_t first, int64_t rows) {
      const float *g = dy + first * shape.outputs, *y = map + first * shape.outputs;
      for_pixels(0, rows, shape.outputs, [&]<class V, int P>(int64_t pixel, int64_t c) {
        const V of_g = load_as<V>(a.data() + c), of_y = load_as<V>(b.data() + c),
                constant = load_as<V>(d.data() + c), center = load_as<V>(mean + c);
        for (int j = 0; j < P; j++) {
          const int64_t at = (pixel + j) * shape.outputs + c;
          store_as(dz + at, load_as<V>(g + at) * of_g + ((load_as<V>(y + at) - center) * of_y + constant));
        }
      });
      for (int64_t k = 0; k < shape.filters; k++) {
        pack_chunk(dz + k * columns, rows, columns, shape.outputs, dz_chunk);
        multiply(dz_chunk, rows, transposed[static_cast<size_t>(k)], ToSources(shape, x, dx, k, first, rows));
        if (!weights) continue;
        pack_sources(shape, x, k, first, rows, u);
        accumulate(u, shape.channels, dz_chunk, columns, rows, partial(k));
      }
    });
  });

  for (int64_t k = 0; weights && k < shape.filters; k++)
    add_partial_matrices(partials + k * pieces * matrix_size, pieces, shape.channels, columns,
                         call.out(static_cast<size_t>(1 + k)).f32());
}

UNNAS_KERNEL("projection", projection);
UNNAS_KERNEL("projection_grad", projection_grad);

}  // namespace
}  // namespace unnas::UNNAS_ISA
