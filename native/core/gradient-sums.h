// Sums that the backward pass of a search cell takes over all images: each piece of work has its own, and
// they are added in the order of the pieces.
#pragma once
#include "core/map-moments.h"
#include "core/search-cell.h"

namespace unnas::UNNAS_ISA {
namespace {

/// Sums over the pixels of what a batch norm's gradient needs: vectors of channels.
class ProductSums {
 public:
  ProductSums(int64_t vectors, int64_t pieces, int64_t columns)
      : vectors_(vectors),
        pieces_(pieces),
        columns_(columns),
        sums_(static_cast<size_t>(vectors * pieces * columns), 0.0) {}

  double* part(int64_t piece, int64_t vector) {
    return sums_.data() + (piece * vectors_ + vector) * columns_;
  }
  /// The sum over all pieces, in their order.
  std::vector<double> total(int64_t vector) const {
    std::vector<double> total(static_cast<size_t>(columns_), 0.0);
    for (int64_t piece = 0; piece < pieces_; piece++)
      for (int64_t c = 0; c < columns_; c++)
        total[static_cast<size_t>(c)] +=
            sums_[static_cast<size_t>((piece * vectors_ + vector) * columns_ + c)];
    return total;
  }

 private:
  int64_t vectors_, pieces_, columns_;
  std::vector<double> sums_;
};

/// Partial gradients of the filters of a stage, of each piece of work: `taps` taps and a matrix of `channels`
/// x `channels`.
class FilterSums {
 public:
  FilterSums(int64_t taps, int64_t channels, int64_t pieces, Scratch& scratch)
      : taps_(taps),
        pieces_(pieces),
        channels_(channels),
        matrix_size_(padded(channels) * padded(channels)),
        filter_size_(padded(channels) * taps),
        matrices_(scratch.floats(pieces * matrix_size_)),
        filters_(scratch.floats(pieces * filter_size_)) {}

  /// The first chunk of a piece overwrites it.
  float* matrix(int64_t piece) const { return matrices_ + piece * matrix_size_; }
  float* filters(int64_t piece) const { return filters_ + piece * filter_size_; }
  void clear(int64_t piece) const { std::fill_n(filters(piece), filter_size_, 0.0f); }
  void finish(float* depthwise, float* pointwise) const {
    add_partial_filters(filters_, pieces_, taps_, channels_, depthwise);
    add_partial_matrices(matrices_, pieces_, channels_, channels_, pointwise);
  }

 private:
  int64_t taps_, pieces_, channels_, matrix_size_, filter_size_;
  float *matrices_, *filters_;
};

/// Sum of g over pixels of one vector of channels, in blocks.
inline vf pixel_sum(const float* g, int64_t count) {
  vf sum[4] = {};
  int64_t p = 0;
  for (; p + 4 <= count; p += 4) {
    UNNAS_UNROLL
    for (int i = 0; i < 4; i++) sum[i] += load(g + (p + i) * kBlock);
  }
  for (; p < count; p++) sum[0] += load(g + p * kBlock);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/// Pixels that are summed in float before they are added to the doubles; they stay in the L1 cache.
constexpr int64_t kSumPixels = 256;

/// totals += sum of g, of one image.
inline void add_pixel_sum(const SearchCell& cell, const MapView& g, double* totals) {
  for (int64_t block = 0; block < cell.blocks; block++)
    for (int v = 0; v < kVectors; v++)
      for (int64_t first = 0; first < cell.pixels; first += kSumPixels)
        MapMoments::add_to(
            totals + block * kBlock + v * kLanes,
            pixel_sum(g.at(block, v) + first * kBlock, std::min(kSumPixels, cell.pixels - first)));
}

/// totals += sum of g (y - mean), of one image; without means of g y. Both maps in blocks.
template <class T>
inline void add_product_sum(const SearchCell& cell, const MapView& g, const MapViewOf<T>& y,
                            const float* means, double* totals) {
  // All vectors of a pixel together, so that each line is read once; as many sums as may wait for each other.
  constexpr int kSums = kVectors == 1 ? 4 : 2;
  for (int64_t block = 0; block < cell.blocks; block++) {
    vf mean[kVectors];
    UNNAS_UNROLL
    for (int v = 0; v < kVectors; v++) mean[v] = means ? load(means + block * kBlock + v * kLanes) : vf{};
    const float* gradient = g.at(block, 0);
    const T* map = y.at(block, 0);
    for (int64_t first = 0; first < cell.pixels; first += kSumPixels) {
      vf sum[kVectors][kSums] = {};
      const int64_t end = std::min(first + kSumPixels, cell.pixels);
      auto add = [&](int64_t p, int i) __attribute__((always_inline)) {
        UNNAS_UNROLL
        for (int v = 0; v < kVectors; v++)
          sum[v][i] +=
              load(gradient + p * kBlock + v * kLanes) * (load(map + p * kBlock + v * kLanes) - mean[v]);
      };
      int64_t p = first;
      for (; p + kSums <= end; p += kSums) {
        UNNAS_UNROLL
        for (int i = 0; i < kSums; i++) add(p + i, i);
      }
      for (; p < end; p++) add(p, 0);
      UNNAS_UNROLL
      for (int v = 0; v < kVectors; v++) {
        vf total = sum[v][0];
        UNNAS_UNROLL
        for (int i = 1; i < kSums; i++) total += sum[v][i];
        MapMoments::add_to(totals + block * kBlock + v * kLanes, total);
      }
    }
  }
}

/// A row of what leaves the ReLU of a normalised map y, one vector of channels in blocks: dz = gradient where
/// positive(i, y - mean) at float i, and what the gradient of the batch norm needs: sums += dz, products +=
/// dz (y - mean).
template <class T, class Positive>
inline void rectified_gradient_row(const float* gradient, const T* y, vf mean, int64_t width,
                                   const Positive& positive, float* dz, double* sums, double* products) {
  vf sum{}, product{};
  for (int64_t i = 0; i < width * kBlock; i += kBlock) {
    const vf centered = load(y + i) - mean;
    const vf value = positive(i, centered) ? load(gradient + i) : vf{};
    store(dz + i, value);
    sum += value;
    product += value * centered;
  }
  MapMoments::add_to(sums, sum);
  MapMoments::add_to(products, product);
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
