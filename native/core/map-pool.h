// Max and average pooling 3x3 with padding 1 of maps in blocks, both in one pass, and their gradients.
// Padding takes no part in a maximum or an average.
//
// A window is three columns of up to three pixels. What is known of the maximum of a column goes in registers
// from one window to the next. The gradient is made in the same way, seen from the pixels: each takes what
// the windows around it give, column by column, and is stored once.
#pragma once
#include <limits>

#include "core/blocks.h"
#include "core/bytes.h"
#include "core/with-count.h"

namespace unnas::UNNAS_ISA {
namespace {

struct MapPool {
  int64_t height, width, stride, out_height, out_width;

  struct Range {
    int64_t begin, end;
    int64_t size() const { return end - begin; }
  };
  /// Taps 0, 1, 2 of the window at `out` that lie inside.
  static Range taps(int64_t out, int64_t stride, int64_t size) {
    const int64_t corner = out * stride - 1;
    return {corner < 0 ? 1 : 0, std::min<int64_t>(3, size - corner)};
  }
  Range rows(int64_t out) const { return taps(out, stride, height); }
  Range columns(int64_t out) const { return taps(out, stride, width); }

  /// Rows of windows that hold row y.
  Range holders(int64_t y) const {
    return {(std::max<int64_t>(0, y - 1) + stride - 1) / stride, std::min(out_height, (y + 1) / stride + 1)};
  }
};

/// 1 / n for windows with n pixels inside.
constexpr float kPoolShare[] = {0,        1.0f / 1, 1.0f / 2, 1.0f / 3, 1.0f / 4,
                                1.0f / 5, 1.0f / 6, 1.0f / 7, 1.0f / 8, 1.0f / 9};

/// What is known of one vector of channels of a column of a window.
struct PoolColumn {
  vf maximum;
  vi tap;  // 3 * tap row of the first maximum
};

/// Pools a row of windows, of which `rows` rows of taps, from `first_row` on, lie inside; `top` is the first
/// of them.
template <int kStride, bool kPositions, class Rows>
inline void pool_row(const MapPool& pool, Rows rows, int64_t first_row, const float* top, float* maximum,
                     float* average, uint8_t* position) {
  const int64_t width = pool.width, down = width * kBlock;
  const vf lowest = in_register(broadcast(-std::numeric_limits<float>::infinity()));
  const vi never = vi{} + 9;
  auto column = [&](int64_t x) __attribute__((always_inline)) {
    const float* pixel = top + x * kBlock;
    vf value = load(pixel);
    PoolColumn result{max(value, lowest), vi{} + static_cast<int32_t>(3 * first_row)};
    for (int64_t r = 1; r < rows; r++) {
      value = load(pixel + r * down);
      if (kPositions)
        result.tap = value > result.maximum ? vi{} + static_cast<int32_t>(3 * (first_row + r)) : result.tap;
      result.maximum = max(value, result.maximum);
    }
    return result;
  };
  auto put = [&](int64_t ow, const PoolColumn& left, const PoolColumn& middle, const PoolColumn& right,
                 int64_t first_column, auto columns) __attribute__((always_inline)) {
    const vf best = max(right.maximum, max(middle.maximum, left.maximum));
    // NaN wins where it is the first and nowhere else.
    const float* corner = top + (ow * kStride - 1 + first_column) * kBlock;
    const vf first = load(corner);
    store(maximum + ow * kBlock, max(best, first));
    // Added row by row, as in PyTorch: the same bits.
    vf total = first;
    for (int64_t tap = 1; tap < rows * columns; tap++)
      total += load(corner + tap / columns * down + tap % columns * kBlock);
    store(average + ow * kBlock, total * (1.0f / static_cast<float>(rows * columns)));
    if constexpr (kPositions) {
      // Of the columns that have the maximum, the one that has it in the highest row.
      auto candidate = [&](const PoolColumn& from, int32_t tap) __attribute__((always_inline)) {
        return from.maximum == best ? from.tap + tap : never;
      };
      const vi a = candidate(left, 0), b = candidate(middle, 1), c = candidate(right, 2), ab = a < b ? a : b,
               where = ab < c ? ab : c, start = vi{} + static_cast<int32_t>(3 * first_row + first_column);
      store_bytes(position + ow * kBlock, first == first ? where : start);
    }
  };

  const PoolColumn outside{lowest, never};
  PoolColumn left = outside, middle = column(0);
  if (width == 1) return put(0, outside, middle, outside, 1, 1);
  PoolColumn right = column(1);
  put(0, outside, middle, right, 1, 2);
  auto step = [&](int64_t ow) __attribute__((always_inline)) {
    left = kStride == 1 ? middle : right;
    middle = kStride == 1 ? right : column(ow * kStride);
  };
  int64_t ow = 1;
#pragma GCC unroll 3
  for (; ow * kStride + 1 < width; ow++) {
    step(ow);
    right = column(ow * kStride + 1);
    put(ow, left, middle, right, 0, 3);
  }
  if (ow == pool.out_width) return;
  step(ow);
  put(ow, left, middle, outside, 0, 2);
}

template <bool kPositions>
inline void pool_rows(const MapPool& pool, int64_t blocks, const float* x, float* maximum, float* average,
                      uint8_t* position) {
  for (int64_t i = 0; i < blocks * pool.out_height; i++) {
    const int64_t block = i / pool.out_height, oh = i % pool.out_height;
    const MapPool::Range rows = pool.rows(oh);
    const float* top = x + (block * pool.height + oh * pool.stride - 1 + rows.begin) * pool.width * kBlock;
    with_count(rows.size(), [&](auto count) {
      for (int64_t lane = 0; lane < kBlock; lane += kLanes) {
        const int64_t out = i * pool.out_width * kBlock + lane;
        uint8_t* to = kPositions ? position + out : nullptr;
        if (pool.stride == 1)
          pool_row<1, kPositions>(pool, count, rows.begin, top + lane, maximum + out, average + out, to);
        else
          pool_row<2, kPositions>(pool, count, rows.begin, top + lane, maximum + out, average + out, to);
      }
    });
  }
}

/// x [block][pixel][16] to maxima, averages, and, if wanted, where in its window each maximum stands: tap row
/// * 3 + tap column, the first of several.
inline void pool_map(const MapPool& pool, int64_t blocks, const float* x, float* maximum, float* average,
                     uint8_t* position = nullptr) {
  if (position)
    pool_rows<true>(pool, blocks, x, maximum, average, position);
  else
    pool_rows<false>(pool, blocks, x, maximum, average, position);
}

/// What one vector of channels of the windows of a column gives to a row of pixels: from the maxima to the
/// pixel on their left, in their middle and on their right, from the averages to each of the three.
struct PoolShares {
  vf left, middle, right, average;
};

/// dx of row y of pixels += the gradients of the `count` rows of windows that hold it, from row `first` on.
template <int kStride, class Count>
__attribute__((noinline)) void pool_row_gradient(const MapPool& pool, Count count, int64_t first, int64_t y,
                                                 const float* dmaximum, const float* daverage,
                                                 const uint8_t* position, float* dx) {
  const int64_t width = pool.width, out_width = pool.out_width, below = out_width * kBlock;
  vi row[3];  // of taps, that y is of each row of windows, times 3
  vf share[3];
  for (int64_t i = 0; i < count; i++)
    row[i] = vi{} + static_cast<int32_t>(3 * (y - (first + i) * kStride + 1));
  auto shares = [&](int64_t ow) __attribute__((always_inline)) {
    PoolShares result{};
    for (int64_t i = 0; i < count; i++) {
      const int64_t at = i * below + ow * kBlock;
      const vi tap = load_bytes(position + at) - row[i];
      const vf gradient = load(dmaximum + at);
      result.left += tap == vi{} ? gradient : vf{};
      result.middle += tap == vi{} + 1 ? gradient : vf{};
      result.right += tap == vi{} + 2 ? gradient : vf{};
      result.average += load(daverage + at) * share[i];
    }
    return result;
  };
  auto divide_by = [&](int64_t columns) {
    for (int64_t i = 0; i < count; i++)
      share[i] = broadcast(kPoolShare[pool.rows(first + i).size() * columns]);
  };
  auto edge = [&](int64_t ow) {
    divide_by(pool.columns(ow).size());
    return shares(ow);
  };
  auto add = [&](int64_t x, vf value) __attribute__((always_inline)) {
    store(dx + x * kBlock, load(dx + x * kBlock) + value);
  };
  auto put = [&](int64_t ow, const PoolShares& left, const PoolShares& middle, const PoolShares& right)
      __attribute__((always_inline)) {
    if constexpr (kStride == 1) {
      add(ow, (left.right + middle.middle + right.left) + (left.average + middle.average + right.average));
    } else {
      add(2 * ow, middle.middle + middle.average);
      if (2 * ow + 1 < width) add(2 * ow + 1, (middle.right + right.left) + (middle.average + right.average));
    }
  };

  PoolShares left{}, middle = edge(0), right;
  auto step = [&] {
    left = middle;
    middle = right;
  };
  divide_by(3);
  int64_t ow = 0;
#pragma GCC unroll 3
  for (; ow + 2 < out_width; ow++) {
    right = shares(ow + 1);
    put(ow, left, middle, right);
    step();
  }
  if (ow + 1 < out_width) {
    right = edge(ow + 1);
    put(ow, left, middle, right);
    step();
    ow++;
  }
  put(ow, left, middle, PoolShares{});
}

/// dx += the gradients of both pools, from those of the maxima and of the averages.
inline void pool_map_gradient(const MapPool& pool, int64_t blocks, const float* dmaximum,
                              const float* daverage, const uint8_t* position, float* dx) {
  for (int64_t i = 0; i < blocks * pool.height; i++) {
    const int64_t block = i / pool.height, y = i % pool.height;
    const MapPool::Range rows = pool.holders(y);
    with_count(rows.size(), [&](auto count) {
      for (int64_t lane = 0; lane < kBlock; lane += kLanes) {
        const int64_t out = (block * pool.out_height + rows.begin) * pool.out_width * kBlock + lane;
        float* to = dx + i * pool.width * kBlock + lane;
        if (pool.stride == 1)
          pool_row_gradient<1>(pool, count, rows.begin, y, dmaximum + out, daverage + out, position + out,
                               to);
        else
          pool_row_gradient<2>(pool, count, rows.begin, y, dmaximum + out, daverage + out, position + out,
                               to);
      }
    });
  }
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
