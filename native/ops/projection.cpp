#include "core/gemm.h"
#include "ops/norm-gradient.h"

// ReLU, 1x1 convolution, batch norm: what fits an input of a cell to its channels. One filter [C, M] reads
// all pixels; of a factorized reduction the first filter reads the pixels with even row and column, the
// second those with odd ones (past an odd edge there are zeros), and each gives half of the channels.
//
//   forward   Z = relu(X) F,  Y = gamma (Z - mean) / deviation + beta
//   backward  dZ = a dY + b (Z - mean) + d (see norm-gradient.h),  U = relu(X),  dU = dZ F^T,  dF = U^T dZ,
//             dX = dU where X > 0
//
// U, dZ and dU are made by chunks of 64 pixels that stay in the cache, and never stored. X, the largest of
// all maps, is read once in the backward pass, right before dX is written, and has been asked for during the
// product before. Without gamma and beta Z is not kept: the backward pass finds (Z - mean) / deviation in Y.

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

  /// body(p, image, row, column) for the output pixels first + p, p < count.
  template <class Body>
  void for_outputs(int64_t first, int64_t count, const Body& body) const {
    int64_t image = first / (out_width * out_height), row = first / out_width % out_height,
            column = first % out_width;
    for (int64_t p = 0; p < count; p++) {
      body(p, image, row, column);
      if (++column < out_width) continue;
      column = 0;
      if (++row < out_height) continue;
      row = 0, image++;
    }
  }
  bool inside(int64_t row, int64_t column) const { return row < height && column < width; }
  /// Where a pixel of x begins.
  int64_t pixel(int64_t image, int64_t row, int64_t column) const {
    return ((image * height + row) * width + column) * channels;
  }
};

/// The pixels of x that a filter reads for the output pixels of a chunk.
struct Sources {
  int64_t at[kChunk];   // where a pixel begins
  bool inside[kChunk];  // the others are zeros past an odd edge, and begin at 0

  Sources(const Projection& shape, int64_t filter, int64_t first, int64_t rows) {
    if (shape.filters == 1) {
      for (int64_t p = 0; p < rows; p++) at[p] = (first + p) * shape.channels, inside[p] = true;
      return;
    }
    shape.for_outputs(first, rows, [&](int64_t p, int64_t image, int64_t row, int64_t column) {
      const int64_t y = 2 * row + filter, x = 2 * column + filter;
      inside[p] = shape.inside(y, x);
      at[p] = inside[p] ? shape.pixel(image, y, x) : 0;
    });
  }
};

/// body(channel, where it is in a row of a chunk, lanes) for the vectors of a pixel of whole blocks, then for
/// those of the last one.
template <class Body>
inline void for_vectors(int64_t channels, const Body& body) {
  int64_t c = 0, at = 0;
  for (; c + kBlock <= channels; c += kBlock, at += kChunkStride)
    for (int v = 0; v < kBlock; v += kLanes) body(c + v, at + v, kLanes);
  for (; c < channels; c += kLanes, at += kLanes) body(c, at, lanes_in(channels - c, 0));
}

/// relu of the sources as a chunk.
void pack_sources(const float* x, int64_t channels, const Sources& sources, int64_t rows, float* u) {
  for (int64_t p = 0; p < rows; p++, u += kBlock) {
    const float* from = x + sources.at[p];
    const bool inside = sources.inside[p];
    for_vectors(
        channels, [&](int64_t c, int64_t at, int lanes) __attribute__((always_inline)) {
          store(u + at, inside ? positive_part(load_lanes(from + c, lanes)) : vf{});
        });
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
        pack_sources(x, shape.channels, Sources(shape, k, first, rows), rows, u);
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

/// Stores the rows of a chunk product into a chunk, and asks meanwhile for rows that are read next, `stride`
/// floats apart.
struct ToChunkAndAsk {
  ToChunk to;
  const float* next;
  int64_t stride;

  void operator()(int64_t p, int64_t n, vf value, int lanes) const {
    prefetch(next + p * stride + n);
    to(p, n, value, lanes);
  }
};

/// dX = dU where X > 0, and U = relu(X) anew, if wanted: the sources are read once.
template <bool kWithU>
void take_sources(const float* x, int64_t channels, const Sources& sources, int64_t rows, const float* du,
                  float* u, float* dx) {
  for (int64_t p = 0; p < rows; p++, u += kBlock, du += kBlock) {
    const float* from = x + sources.at[p];
    float* to = dx + sources.at[p];
    const bool inside = sources.inside[p];
    for_vectors(
        channels, [&](int64_t c, int64_t at, int lanes) __attribute__((always_inline)) {
          const vf value = inside ? load_lanes(from + c, lanes) : vf{};
          if (kWithU) store(u + at, positive_part(value));
          if (inside) store_lanes(to + c, value > 0.0f ? load(du + at) : vf{}, lanes);
        });
  }
}

/// Sets the gradients to 0 of the pixels that no filter of a factorized reduction reads.
void clear_others(const Projection& shape, int64_t first, int64_t rows, float* dx) {
  shape.for_outputs(first, rows, [&](int64_t, int64_t image, int64_t row, int64_t column) {
    for (int64_t odd = 0; odd < 2; odd++) {
      const int64_t y = 2 * row + odd, x = 2 * column + 1 - odd;
      if (shape.inside(y, x)) std::fill_n(dx + shape.pixel(image, y, x), shape.channels, 0.0f);
    }
  });
}

/// dZ = a dY + b (Z - mean) + d of a chunk, for the columns of a filter.
void pack_norm_gradient(const NormGradient& norm, const float* mean, const float* dy, const float* z,
                        int64_t rows, int64_t from, int64_t columns, int64_t stride, float* chunk) {
  for (int64_t c = 0; c < columns; c += kLanes) {
    const int lanes = lanes_in(columns - c, 0);
    const int64_t at = from + c;
    const vf of_dy = load_lanes(norm.a.data() + at, lanes), of_z = load_lanes(norm.b.data() + at, lanes),
             constant = load_lanes(norm.d.data() + at, lanes), center = load_lanes(mean + at, lanes);
    float* to = chunk + c / kBlock * kChunkStride + c % kBlock;
    for (int64_t p = 0; p < rows; p++) {
      const vf gradient = load_lanes(dy + p * stride + at, lanes),
               value = load_lanes(z + p * stride + at, lanes);
      store(to + p * kBlock, gradient * of_dy + ((value - center) * of_z + constant));
    }
  }
}

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
  const NormGradient norm =
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

  parallel_for(shape.pixels, grain, [&](int64_t piece, int64_t begin, int64_t end) {
    Scratch scratch;
    float* u = scratch.floats(chunk_floats(shape.channels));
    std::fill_n(u, chunk_floats(shape.channels), 0.0f);  // what stands behind the last channel
    float* du = scratch.floats(chunk_floats(shape.channels));
    float* dz = scratch.floats(chunk_floats(columns));
    auto partial = [&](int64_t k) { return partials + (k * pieces + piece) * matrix_size; };

    for_pixel_chunks(begin, end, [&](int64_t first, int64_t rows) {
      if (filters > 1) clear_others(shape, first, rows, dx);
      for (int64_t k = 0; k < shape.filters; k++) {
        const Sources sources(shape, k, first, rows);
        pack_norm_gradient(norm, mean, dy + first * shape.outputs, map + first * shape.outputs, rows,
                           k * columns, columns, shape.outputs, dz);
        // Pixels of a factorized reduction do not follow each other: it asks for the first again and again.
        multiply(dz, rows, transposed[static_cast<size_t>(k)],
                 ToChunkAndAsk{{du}, x + sources.at[0], filters == 1 ? shape.channels : 0});
        if (weights) {
          take_sources<true>(x, shape.channels, sources, rows, du, u, dx);
          accumulate(u, shape.channels, dz, columns, rows, partial(k), first > begin);
        } else {
          take_sources<false>(x, shape.channels, sources, rows, du, u, dx);
        }
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
