// Mean and variance of maps in blocks, taken while their chunks are in the cache.
//
// Sums are of differences from a pivot (the first pixel that a piece of work saw), so that no large sum of
// squares is subtracted from another; in float within a chunk, in double from chunk to chunk. Pieces are
// merged in their order, as in moments.h.
#pragma once
#include "core/bfloat16.h"
#include "core/blocks.h"
#include "ops/moments.h"

/// For functions that use containers: with all that they call inside them, no function of the standard
/// library is left over under a name that the objects of other instruction sets share.
#define UNNAS_FLATTEN __attribute__((flatten))

namespace unnas::UNNAS_ISA {
namespace {

/// What all pieces of work saw of some maps.
class MapMoments {
 public:
  MapMoments(int64_t maps, int64_t pieces, int64_t columns)
      : maps_(maps), pieces_(pieces), columns_(columns), parts_(static_cast<size_t>(maps * pieces)) {}

  /// `rows` pixels of a map, blocks `block_stride` floats apart.
  template <class T>
  void add(int64_t map, int64_t piece, const T* x, int64_t block_stride, int64_t rows) {
    Part& part = parts_[static_cast<size_t>(piece * maps_ + map)];
    if (part.count == 0) begin(part, x, block_stride);
    part.count += rows;
    for (int64_t c = 0; c < columns_; c += kLanes) {
      const T* values = x + c / kBlock * block_stride + c % kBlock;
      const vf pivot = load(part.pivot.data() + c);
      vf sum[4] = {}, squares[4] = {};
      int64_t p = 0;
      for (; p + 4 <= rows; p += 4) {
        UNNAS_UNROLL
        for (int i = 0; i < 4; i++) {
          vf difference = load(values + (p + i) * kBlock) - pivot;
          sum[i] += difference;
          squares[i] += difference * difference;
        }
      }
      for (; p < rows; p++) {
        vf difference = load(values + p * kBlock) - pivot;
        sum[0] += difference;
        squares[0] += difference * difference;
      }
      add_to(part.sums.data() + c, (sum[0] + sum[1]) + (sum[2] + sum[3]));
      add_to(part.sums.data() + columns_ + c, (squares[0] + squares[1]) + (squares[2] + squares[3]));
    }
  }

  /// Mean and biased variance of a map over all pieces, `channels` each.
  UNNAS_FLATTEN void finish(int64_t map, int64_t channels, float* mean, float* variance) const {
    const auto width = static_cast<size_t>(channels);
    Moments whole(channels);
    std::vector<double> part_mean(width), part_squares(width);
    for (int64_t piece = 0; piece < pieces_; piece++) {
      const Part& part = parts_[static_cast<size_t>(piece * maps_ + map)];
      const auto count = static_cast<double>(part.count);
      for (size_t c = 0; c < width; c++) {
        const double sum = part.sums[c];
        part_mean[c] = static_cast<double>(part.pivot[c]) + sum / count;
        part_squares[c] = part.sums[static_cast<size_t>(columns_) + c] - sum * sum / count;
      }
      whole.merge(part.count, part_mean.data(), part_squares.data());
    }
    for (size_t c = 0; c < width; c++) {
      mean[c] = static_cast<float>(whole.mean[c]);
      variance[c] = static_cast<float>(std::max(0.0, whole.squares[c]) / static_cast<double>(whole.count));
    }
  }

  static void add_to(double* totals, vf part) {
    for (int i = 0; i < kLanes; i++) totals[i] += static_cast<double>(part[i]);
  }

 private:
  struct Part {
    int64_t count = 0;
    std::vector<float> pivot;
    std::vector<double> sums;  // of differences, then of their squares
  };
  template <class T>
  UNNAS_FLATTEN __attribute__((noinline)) void begin(Part& part, const T* x, int64_t block_stride) const {
    part.pivot = std::vector<float>(static_cast<size_t>(columns_));
    part.sums = std::vector<double>(static_cast<size_t>(2 * columns_));
    for (int64_t c = 0; c < columns_; c += kLanes)
      store(part.pivot.data() + c, load(x + c / kBlock * block_stride + c % kBlock));
  }

  int64_t maps_, pieces_, columns_;
  std::vector<Part> parts_;  // [piece][map]
};

}  // namespace
}  // namespace unnas::UNNAS_ISA
