// What the backward pass of a derived cell keeps of each stage: the gradient of its batch norm as a function
// of a map, and the gradients of its filters as partial sums.
#pragma once
#include "core/derived-cell.h"
#include "core/gradient-sums.h"

namespace unnas::UNNAS_ISA {
namespace {

/// The gradients of all batch norms of a cell: dy = a g + b y + c, of each stage and channel, from that of
/// the norm's output g.
class NormGradients {
 public:
  NormGradients(const DerivedCell& cell, const StageNorms& norms, Scratch& scratch)
      : cell_(cell), norms_(norms), vectors_(scratch.floats(3 * cell.stage_count() * cell.columns)) {
    std::fill_n(vectors_, 3 * cell.stage_count() * cell.columns, 0.0f);
  }

  /// From sum g and sum g (y - mean) of each channel. Also gives the gradients of the norm's scale and
  /// offset, `channels` each, if they are wanted.
  void set(int stage, const std::vector<double>& sum, const std::vector<double>& centered, float* dscale,
           float* doffset) {
    const auto count = static_cast<double>(cell_.images * cell_.pixels);
    for (int64_t c = 0; c < cell_.channels; c++) {
      const auto i = static_cast<size_t>(c);
      const auto inverse = static_cast<double>(norms_.inverse(stage)[c]),
                 mean = static_cast<double>(norms_.mean(stage)[c]),
                 scale = static_cast<double>(norms_.scale(stage)[c]);
      const double projection = centered[i] * inverse, slope = -scale * projection * inverse / count;
      vector(stage, 0)[c] = static_cast<float>(scale);
      vector(stage, 1)[c] = static_cast<float>(slope);
      vector(stage, 2)[c] = static_cast<float>(-scale * sum[i] / count - slope * mean);
      if (!dscale) continue;
      dscale[c] = static_cast<float>(projection);
      doffset[c] = static_cast<float>(sum[i]);
    }
  }

  /// dy of `count` pixels of an image, as a chunk.
  void form(int stage, const MapPlanes<const float>& g, const MapPlanes<const float>& y, int64_t first,
            int64_t count, float* dy) const {
    for (int64_t i = 0; i < cell_.vectors; i++) {
      const vf a = load(vector(stage, 0) + i * kLanes), b = load(vector(stage, 1) + i * kLanes),
               c = load(vector(stage, 2) + i * kLanes);
      const float *from = g.at(i, first), *map = y.at(i, first);
      float* to = dy + i / kVectors * kChunkStride + i % kVectors * kLanes;
      for (int64_t p = 0; p < count; p++)
        store(to + p * kBlock, load(from + p * kLanes) * a + (load(map + p * kLanes) * b + c));
    }
  }

 private:
  float* vector(int stage, int which) const { return vectors_ + (stage * 3 + which) * cell_.columns; }

  const DerivedCell& cell_;
  const StageNorms& norms_;
  float* vectors_;
};

/// The gradients of a stage's filters: partial sums, one a piece of work.
class FilterGradients {
 public:
  FilterGradients(const Depthwise& d, int64_t pieces, Scratch& scratch)
      : taps_(d.taps()),
        channels_(d.channels),
        pieces_(pieces),
        filter_size_(d.blocks() * taps_ * kBlock),
        matrix_size_(padded(channels_) * padded(channels_)),
        filters_(scratch.floats(pieces * filter_size_)),
        matrices_(scratch.floats(pieces * matrix_size_)) {}

  float* filters(int64_t piece) const { return filters_ + piece * filter_size_; }
  /// The first chunk of a piece overwrites it.
  float* matrix(int64_t piece) const { return matrices_ + piece * matrix_size_; }
  void clear(int64_t piece) const { std::fill_n(filters(piece), filter_size_, 0.0f); }
  void finish(float* depthwise, float* pointwise) const {
    add_partial_filters(filters_, pieces_, taps_, channels_, depthwise);
    add_partial_matrices(matrices_, pieces_, channels_, channels_, pointwise);
  }

 private:
  int64_t taps_, channels_, pieces_, filter_size_, matrix_size_;
  float *filters_, *matrices_;
};

/// Rows of what leaves a ReLU, z, of a normalised map y, one vector of channels: dz = gradient where z > 0,
/// and what the gradient of the batch norm needs: sums += dz, products += dz (y - mean). `gradient` and z are
/// in blocks, those of z `z_stride` floats from row to row; y and dz are in planes.
inline void rectified_rows(const float* gradient, const float* z, int64_t z_stride, const float* y, vf mean,
                           int64_t rows, int64_t width, float* dz, double* sums, double* products) {
  vf sum[2] = {}, product[2] = {};
  for (int64_t row = 0; row < rows; row++) {
    auto pixel = [&](int64_t x, int i) __attribute__((always_inline)) {
      const vf value = load(z + x * kBlock) > 0.0f ? load(gradient + x * kBlock) : vf{};
      store(dz + x * kLanes, value);
      sum[i] += value;
      product[i] += value * (load(y + x * kLanes) - mean);
    };
    int64_t x = 0;
    for (; x + 2 <= width; x += 2) pixel(x, 0), pixel(x + 1, 1);
    if (x < width) pixel(x, 0);
    gradient += width * kBlock, z += z_stride, y += width * kLanes, dz += width * kLanes;
  }
  MapMoments::add_to(sums, sum[0] + sum[1]);
  MapMoments::add_to(products, product[0] + product[1]);
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
