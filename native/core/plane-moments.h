// Mean and variance of maps in planes, as MapMoments takes those of maps in blocks.
#pragma once
#include "core/map-planes.h"

namespace unnas::UNNAS_ISA {
namespace {

/// What all pieces of work saw of some maps.
class PlaneMoments {
 public:
  PlaneMoments(int64_t maps, int64_t pieces, int64_t vectors, Scratch& scratch)
      : maps_(maps),
        pieces_(pieces),
        columns_(vectors * kLanes),
        counts_(static_cast<size_t>(maps * pieces)),
        sums_(static_cast<size_t>(2 * maps * pieces * columns_)),
        pivots_(scratch.floats(maps * pieces * columns_)) {}

  /// `count` pixels of a map.
  void add(int64_t map, int64_t piece, const float* x, int64_t plane_stride, int64_t count) {
    const int64_t part = piece * maps_ + map;
    int64_t& seen = counts_[static_cast<size_t>(part)];
    double* sums = sums_.data() + 2 * part * columns_;
    for (int64_t c = 0; c < columns_; c += kLanes, x += plane_stride) {
      float* pivots = pivots_ + part * columns_ + c;
      if (seen == 0) store(pivots, load(x));
      const vf pivot = load(pivots);
      vf sum[4] = {}, squares[4] = {};
      auto pixel = [&](int64_t p, int i) __attribute__((always_inline)) {
        const vf difference = load(x + p * kLanes) - pivot;
        sum[i] += difference;
        squares[i] += difference * difference;
      };
      int64_t p = 0;
      for (; p + 4 <= count; p += 4) {
        UNNAS_UNROLL
        for (int i = 0; i < 4; i++) pixel(p + i, i);
      }
      for (; p < count; p++) pixel(p, 0);
      MapMoments::add_to(sums + c, (sum[0] + sum[1]) + (sum[2] + sum[3]));
      MapMoments::add_to(sums + columns_ + c, (squares[0] + squares[1]) + (squares[2] + squares[3]));
    }
    seen += count;
  }

  /// Mean and biased variance of a map over all pieces, `channels` each.
  UNNAS_FLATTEN void finish(int64_t map, int64_t channels, float* mean, float* variance) const {
    Moments whole(channels);
    std::vector<double> part_mean(static_cast<size_t>(channels)), part_squares(part_mean);
    for (int64_t piece = 0; piece < pieces_; piece++) {
      const int64_t part = piece * maps_ + map;
      const auto count = static_cast<double>(counts_[static_cast<size_t>(part)]);
      const double* sums = sums_.data() + 2 * part * columns_;
      for (int64_t c = 0; c < channels; c++) {
        part_mean[static_cast<size_t>(c)] =
            static_cast<double>(pivots_[part * columns_ + c]) + sums[c] / count;
        part_squares[static_cast<size_t>(c)] = sums[columns_ + c] - sums[c] * sums[c] / count;
      }
      whole.merge(counts_[static_cast<size_t>(part)], part_mean.data(), part_squares.data());
    }
    for (size_t c = 0; c < static_cast<size_t>(channels); c++) {
      mean[c] = static_cast<float>(whole.mean[c]);
      variance[c] = static_cast<float>(std::max(0.0, whole.squares[c]) / static_cast<double>(whole.count));
    }
  }

 private:
  int64_t maps_, pieces_, columns_;
  std::vector<int64_t> counts_;  // [piece][map]
  std::vector<double> sums_;     // of differences from the pivot, then of their squares
  float* pivots_;                // the first pixel that a piece saw
};

}  // namespace
}  // namespace unnas::UNNAS_ISA
