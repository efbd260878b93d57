// The gradients of the batch norms of a derived cell, as functions of maps, and of the ReLUs behind them.
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
