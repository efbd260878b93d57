// Max and average pooling 3x3 with padding 1 of maps in blocks, both in one pass, and their gradients.
// Padding takes no part in a maximum or an average.
#pragma once
#include "core/blocks.h"

namespace unnas::UNNAS_ISA {
namespace {

typedef uint8_t vbytes __attribute__((vector_size(kLanes)));

struct MapPool {
  int64_t height, width, stride, out_height, out_width;

  struct Taps {
    int64_t begin, end;
    int64_t size() const { return end - begin; }
  };
  struct AllTaps {
    static constexpr int64_t begin = 0, end = 3;
    static constexpr int64_t size() { return 3; }
  };
  /// Taps 0, 1, 2 of the window at `out` that lie inside.
  static Taps taps(int64_t out, int64_t stride, int64_t size) {
    int64_t corner = out * stride - 1;
    return {corner < 0 ? 1 : 0, std::min<int64_t>(3, size - corner)};
  }

  /// body(output pixel, first pixel of its window, taps of rows, taps of columns), the taps known to the
  /// compiler where the window lies inside. The first pixel of a window may be outside.
  template <class Body>
  void for_windows(const Body& body) const {
    for (int64_t oh = 0; oh < out_height; oh++) {
      const Taps rows = taps(oh, stride, height);
      for (int64_t ow = 0; ow < out_width; ow++) {
        const Taps columns = taps(ow, stride, width);
        const int64_t out = oh * out_width + ow, corner = (oh * stride - 1) * width + ow * stride - 1;
        if (rows.size() == 3 && columns.size() == 3)
          body(out, corner, AllTaps{}, AllTaps{});
        else
          body(out, corner, rows, columns);
      }
    }
  }
};

/// x [block][pixel][16] to maxima, averages, and, if wanted, where in its window each maximum stands: tap row
/// * 3
/// + tap column, the first of several.
inline void pool_map(const MapPool& pool, int64_t blocks, const float* x, float* maximum, float* average,
                     uint8_t* position = nullptr) {
  const int64_t in_block = pool.height * pool.width * kBlock,
                out_block = pool.out_height * pool.out_width * kBlock;
  for (int64_t i = 0; i < blocks * kVectors; i++) {
    const int64_t lane = i % kVectors * kLanes, out_at = i / kVectors * out_block + lane;
    const float* map = x + i / kVectors * in_block + lane;
    pool.for_windows([&](int64_t out, int64_t corner, auto rows,
                         auto columns) __attribute__((always_inline)) {
      const float* first = map + (corner + rows.begin * pool.width + columns.begin) * kBlock;
      vf best = load(first), total{};
      vi where = vi{} + static_cast<int32_t>(rows.begin * 3 + columns.begin);
#pragma GCC unroll 3
      for (int64_t r = rows.begin; r < rows.end; r++)
#pragma GCC unroll 3
        for (int64_t c = columns.begin; c < columns.end; c++) {
          const vf value = load(map + (corner + r * pool.width + c) * kBlock);
          const auto better = value > best;
          best = better ? value : best;
          where = better ? vi{} + static_cast<int32_t>(r * 3 + c) : where;
          total += value;
        }
      const int64_t at = out_at + out * kBlock;
      store(maximum + at, best);
      store(average + at, total * (1.0f / static_cast<float>(rows.size() * columns.size())));
      if (!position) return;
      const vbytes bytes = __builtin_convertvector(where, vbytes);
      std::memcpy(position + at, &bytes, sizeof bytes);
    });
  }
}

/// dx += the gradients of both pools, from those of the maxima and of the averages.
inline void pool_map_gradient(const MapPool& pool, int64_t blocks, const float* dmaximum,
                              const float* daverage, const uint8_t* position, float* dx) {
  const int64_t in_block = pool.height * pool.width * kBlock,
                out_block = pool.out_height * pool.out_width * kBlock;
  for (int64_t i = 0; i < blocks * kVectors; i++) {
    const int64_t lane = i % kVectors * kLanes, out_at = i / kVectors * out_block + lane;
    float* map = dx + i / kVectors * in_block + lane;
    pool.for_windows([&](int64_t out, int64_t corner, auto rows,
                         auto columns) __attribute__((always_inline)) {
      const int64_t at = out_at + out * kBlock;
      const vf most = load(dmaximum + at),
               each = load(daverage + at) * (1.0f / static_cast<float>(rows.size() * columns.size()));
      vbytes bytes;
      std::memcpy(&bytes, position + at, sizeof bytes);
      const vi where = __builtin_convertvector(bytes, vi);
#pragma GCC unroll 3
      for (int64_t r = rows.begin; r < rows.end; r++)
#pragma GCC unroll 3
        for (int64_t c = columns.begin; c < columns.end; c++) {
          float* to = map + (corner + r * pool.width + c) * kBlock;
          const vf here = where == vi{} + static_cast<int32_t>(r * 3 + c) ? most : vf{};
          store(to, load(to) + (each + here));
        }
    });
  }
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
