// Mean and variance of each channel, accurate for any offset of the data and in a fixed order.
//
// A task of pixels is read in blocks that stay in the cache: the block's mean first, then its squared
// deviations from that mean, in float; blocks and tasks are merged in double (Chan, Golub and LeVeque 1983:
// M = Ma + Mb + d^2 na nb / n). No large sum of squares is ever subtracted from another.
#pragma once
#include <vector>

#include "core/lanes.h"
#include "core/scratch.h"

namespace unnas::UNNAS_ISA {

constexpr int64_t kMomentTask = 1 << 16;   // floats of a task: enough to be worth a thread's while
constexpr int64_t kMomentBlock = 1 << 13;  // floats of a block: stays in the first-level cache
constexpr int64_t kMomentPixels = 256;     // a float sum is at most this long

/// Pixels of a block: a float sum has at most kMomentPixels terms, and a block lies in the cache.
static inline int64_t block_pixels(int64_t channels) {
  const int64_t pixels = pixels_for(kMomentBlock, channels);
  return pixels < 16 ? 16 : pixels > kMomentPixels ? kMomentPixels : pixels;
}

struct Moments {
  int64_t count = 0;
  std::vector<double> mean, squares;  // of each channel: mean, sum of squared deviations from it

  explicit Moments(int64_t channels) : mean(channels, 0.0), squares(channels, 0.0) {}

  template <class Real>
  void merge(int64_t other_count, const Real* other_mean, const Real* other_squares) {
    const double total = static_cast<double>(count + other_count);
    const double share = static_cast<double>(other_count) / total,
                 weight = static_cast<double>(count) * share;
    for (size_t c = 0; c < mean.size(); c++) {
      const double step = static_cast<double>(other_mean[c]) - mean[c];
      mean[c] += step * share;
      squares[c] += static_cast<double>(other_squares[c]) + step * step * weight;
    }
    count += other_count;
  }

  /// The moments of pixels [begin, end) of x, added to these. `scratch` has room for two rows of channels.
  void add(const float* x, int64_t begin, int64_t end, float* scratch) {
    const int64_t channels = static_cast<int64_t>(mean.size()), block = block_pixels(channels);
    float *block_mean = scratch, *block_squares = scratch + channels;
    for (int64_t p = begin; p < end; p += block) {
      const int64_t stop = p + block < end ? p + block : end;
      std::memset(scratch, 0, static_cast<size_t>(2 * channels) * sizeof(float));
      for_pixels(p, stop, channels, [&]<class V, int P>(int64_t pixel, int64_t c) {
        V total = load_as<V>(x + pixel * channels + c);
        for (int j = 1; j < P; j++) total += load_as<V>(x + (pixel + j) * channels + c);
        store_as(block_mean + c, load_as<V>(block_mean + c) + total);
      });
      const float part = 1.0f / static_cast<float>(stop - p);
      for (int64_t c = 0; c < channels; c++) block_mean[c] *= part;
      for_pixels(p, stop, channels, [&]<class V, int P>(int64_t pixel, int64_t c) {
        const V center = load_as<V>(block_mean + c);
        V total{};
        for (int j = 0; j < P; j++) {
          const V deviation = load_as<V>(x + (pixel + j) * channels + c) - center;
          total += deviation * deviation;
        }
        store_as(block_squares + c, load_as<V>(block_squares + c) + total);
      });
      merge(stop - p, block_mean, block_squares);
    }
  }
};

/// Batch statistics of maps of the same size, over their pixels: mean and variance (biased) are [maps,
/// channels]. A map that is null gets mean 0 and variance 1.
[[maybe_unused]] static void batch_moments(const std::vector<const float*>& maps, int64_t pixels,
                                           int64_t channels, float* mean, float* variance) {
  const int64_t count = static_cast<int64_t>(maps.size());
  const int64_t grain = pixels_for(kMomentTask, channels), tasks = chunk_count(pixels, grain);
  std::vector<Moments> parts(static_cast<size_t>(count * tasks), Moments(0));
  parallel_for(count * tasks, 1, [&](int64_t, int64_t task, int64_t) {
    const float* map = maps[static_cast<size_t>(task / tasks)];
    if (map == nullptr) return;
    const int64_t begin = task % tasks * grain, end = begin + grain < pixels ? begin + grain : pixels;
    Moments moments(channels);
    Scratch scratch;
    moments.add(map, begin, end, scratch.floats(2 * channels));
    parts[static_cast<size_t>(task)] = std::move(moments);
  });
  for (int64_t k = 0; k < count; k++) {
    float *mean_row = mean + k * channels, *variance_row = variance + k * channels;
    if (maps[static_cast<size_t>(k)] == nullptr) {
      for (int64_t c = 0; c < channels; c++) mean_row[c] = 0, variance_row[c] = 1;
      continue;
    }
    Moments whole(channels);
    for (int64_t task = 0; task < tasks; task++) {
      const Moments& part = parts[static_cast<size_t>(k * tasks + task)];
      whole.merge(part.count, part.mean.data(), part.squares.data());
    }
    for (int64_t c = 0; c < channels; c++) {
      mean_row[c] = static_cast<float>(whole.mean[static_cast<size_t>(c)]);
      variance_row[c] =
          static_cast<float>(whole.squares[static_cast<size_t>(c)] / static_cast<double>(pixels));
    }
  }
}

}  // namespace unnas::UNNAS_ISA
