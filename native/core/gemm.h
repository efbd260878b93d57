// Matrix products on chunks (see blocks.h): the one GEMM that all kernels use.
//
//   multiply:    Y[p][n]  = sum_k U[p][k] B[k][n]     for a chunk U of pixels and a packed matrix B
//   accumulate:  G[k][n] += sum_p U[p][k] D[p][n]     for two chunks of the same pixels, or = for the first
//
// Both keep a tile of the result in registers. `multiply` goes through k in order, `accumulate` through p, so
// that a sum does not depend on how many rows a tile has, nor on the number of threads.
#pragma once
#include "core/blocks.h"
#include "core/scratch.h"

namespace unnas::UNNAS_ISA {
namespace {

/// Rows of a tile of `vectors` vectors: as many sums as the registers hold (32 with AVX-512, else 16).
constexpr int tile_rows(int vectors) {
  if (kLanes == 16) return vectors == 1 ? 16 : 8;
  return vectors == 1 ? 8 : vectors == 2 ? 6 : 4;
}
/// The same for `accumulate`, where rows are columns of a block of U: a divisor of 16.
constexpr int gradient_rows(int vectors) {
  if (kLanes == 16) return vectors == 1 ? 16 : 8;
  return vectors == 1 ? 8 : 4;
}

/// Vectors of the next panel when so many are left: three or two at a time, one only if there is no more.
constexpr int panel_vectors(int64_t left) { return left == 1 ? 1 : left == 2 || left == 4 ? 2 : 3; }

constexpr int64_t vectors_of(int64_t columns) { return (columns + kLanes - 1) / kLanes; }

/// B[K][N] packed for multiply: panels of one to three vectors of columns, each [k][vectors * kLanes], 0
/// after column N.
struct Panels {
  const float* data;
  int64_t k, n;
};

/// Packs B with B[k][n] at b[k * k_stride + n * n_stride] into `data`.
inline void fill_panels(const float* b, int64_t k_count, int64_t n_count, int64_t k_stride, int64_t n_stride,
                        float* data) {
  for (int64_t n = 0; n < n_count;) {
    int64_t width = panel_vectors(vectors_of(n_count - n)) * kLanes, used = std::min(width, n_count - n);
    for (int64_t k = 0; k < k_count; k++, data += width) {
      const float* row = b + k * k_stride + n * n_stride;
      for (int64_t i = 0; i < used; i++) data[i] = row[i * n_stride];
      for (int64_t i = used; i < width; i++) data[i] = 0;
    }
    n += width;
  }
}
inline int64_t panel_floats(int64_t k_count, int64_t n_count) {
  return k_count * vectors_of(n_count) * kLanes;
}
inline Panels pack_panels(const float* b, int64_t k_count, int64_t n_count, int64_t k_stride,
                          int64_t n_stride, Scratch& scratch) {
  float* data = scratch.floats(panel_floats(k_count, n_count));
  fill_panels(b, k_count, n_count, k_stride, n_stride, data);
  return {data, k_count, n_count};
}

/// What a product does between two tiles, where nothing else is wanted.
struct Nothing {
  void operator()() const {}
};

/// One panel of a chunk product. `store_row(p, n, vector, lanes)` takes the results.
template <int kNV, class StoreRow, class Between>
inline void multiply_panel(const float* u, int64_t rows, int64_t k_count, const float* panel, int64_t n,
                           int64_t n_count, const StoreRow& store_row, Between& between) {
  constexpr int kMR = tile_rows(kNV);
  for (int64_t p = 0; p < rows; p += kMR) {
    between();
    vf sum[kMR][kNV] = {};
    const float* b = panel;
    auto step = [&](const float* a) __attribute__((always_inline)) {
      vf bv[kNV];
      UNNAS_UNROLL
      for (int v = 0; v < kNV; v++) bv[v] = load(b + v * kLanes);
      UNNAS_UNROLL
      for (int r = 0; r < kMR; r++) {
        vf av = broadcast(a[r * kBlock]);
        UNNAS_UNROLL
        for (int v = 0; v < kNV; v++) sum[r][v] += av * bv[v];
      }
      b += kNV * kLanes;
    };
    const float* block = u + p * kBlock;
    int64_t k = 0;
    for (; k + kBlock <= k_count; k += kBlock, block += kChunkStride)
#pragma GCC unroll 4
      for (int i = 0; i < kBlock; i++) step(block + i);
    for (int i = 0; k < k_count; k++, i++) step(block + i);

    auto put = [&](int r) __attribute__((always_inline)) {
      UNNAS_UNROLL
      for (int v = 0; v < kNV; v++) {
        int64_t left = n_count - n - v * kLanes;
        store_row(p + r, n + v * kLanes, sum[r][v], left < kLanes ? static_cast<int>(left) : kLanes);
      }
    };
    if (p + kMR <= rows) {
      UNNAS_UNROLL
      for (int r = 0; r < kMR; r++) put(r);
    } else {
      UNNAS_UNROLL
      for (int r = 0; r < kMR; r++)
        if (p + r < rows) put(r);
    }
  }
}

template <class StoreRow, class Between = Nothing>
inline void multiply(const float* u, int64_t rows, const Panels& b, const StoreRow& store_row,
                     Between&& between = {}) {
  const float* panel = b.data;
  for (int64_t n = 0; n < b.n;) {
    int vectors = panel_vectors(vectors_of(b.n - n));
    if (vectors == 1) multiply_panel<1>(u, rows, b.k, panel, n, b.n, store_row, between);
    if (vectors == 2) multiply_panel<2>(u, rows, b.k, panel, n, b.n, store_row, between);
    if (vectors == 3) multiply_panel<3>(u, rows, b.k, panel, n, b.n, store_row, between);
    panel += b.k * vectors * kLanes;
    n += vectors * kLanes;
  }
}

/// How often `multiply` and `accumulate` call `between`, for products of `columns` x `columns` matrices.
constexpr int64_t multiply_tiles(int64_t rows, int64_t columns) {
  int64_t tiles = 0;
  for (int64_t left = vectors_of(columns); left > 0; left -= panel_vectors(left)) {
    const int64_t tile = tile_rows(panel_vectors(left));
    tiles += (rows + tile - 1) / tile;
  }
  return tiles;
}
constexpr int64_t accumulate_tiles(int64_t columns) {
  int64_t tiles = 0;
  for (int64_t left = vectors_of(columns); left > 0; left -= panel_vectors(left)) {
    const int64_t tile = gradient_rows(panel_vectors(left));
    tiles += (columns + tile - 1) / tile;
  }
  return tiles;
}

/// Stores the rows of a product into a matrix with rows `stride` floats apart.
struct ToMatrix {
  float* y;
  int64_t stride;
  void operator()(int64_t p, int64_t n, vf value, int lanes) const {
    store_lanes(y + p * stride + n, value, lanes);
  }
};

/// Stores the rows of a product into a chunk.
struct ToChunk {
  float* chunk;
  void operator()(int64_t p, int64_t n, vf value, int) const {
    store(chunk + n / kBlock * kChunkStride + p * kBlock + n % kBlock, value);
  }
};

template <int kNV, class Between>
inline void accumulate_panel(const float* u, const float* d, int64_t rows, int64_t k_count, int64_t n,
                             float* g, int64_t stride, bool add, Between& between) {
  constexpr int kKR = gradient_rows(kNV);
  const float* dv[kNV];
  UNNAS_UNROLL
  for (int v = 0; v < kNV; v++) {
    int64_t column = n + v * kLanes;
    dv[v] = d + column / kBlock * kChunkStride + column % kBlock;
  }
  for (int64_t k = 0; k < k_count; k += kKR) {
    between();
    const float* a = u + k / kBlock * kChunkStride + k % kBlock;
    float* out = g + k * stride + n;
    vf sum[kKR][kNV];
    UNNAS_UNROLL
    for (int r = 0; r < kKR; r++) {
      UNNAS_UNROLL
      for (int v = 0; v < kNV; v++) sum[r][v] = add ? load(out + r * stride + v * kLanes) : vf{};
    }
#pragma GCC unroll 2
    for (int64_t p = 0; p < rows; p++) {
      vf value[kNV];
      UNNAS_UNROLL
      for (int v = 0; v < kNV; v++) value[v] = load(dv[v] + p * kBlock);
      UNNAS_UNROLL
      for (int r = 0; r < kKR; r++) {
        vf av = broadcast(a[p * kBlock + r]);
        UNNAS_UNROLL
        for (int v = 0; v < kNV; v++) sum[r][v] += av * value[v];
      }
    }
    UNNAS_UNROLL
    for (int r = 0; r < kKR; r++) {
      UNNAS_UNROLL
      for (int v = 0; v < kNV; v++) store(out + r * stride + v * kLanes, sum[r][v]);
    }
  }
}

/// G has padded(K) rows of padded(N) floats; rows and columns past K and N take up what the chunks hold
/// there. Without `add` G is overwritten.
template <class Between = Nothing>
inline void accumulate(const float* u, int64_t k_count, const float* d, int64_t n_count, int64_t rows,
                       float* g, bool add = true, Between&& between = {}) {
  int64_t stride = padded(n_count);
  for (int64_t n = 0; n < n_count;) {
    int vectors = panel_vectors(vectors_of(n_count - n));
    if (vectors == 1) accumulate_panel<1>(u, d, rows, k_count, n, g, stride, add, between);
    if (vectors == 2) accumulate_panel<2>(u, d, rows, k_count, n, g, stride, add, between);
    if (vectors == 3) accumulate_panel<3>(u, d, rows, k_count, n, g, stride, add, between);
    n += vectors * kLanes;
  }
}

/// out[i] = sum over `count` partial sums, in their order, `size` floats apart, for i < n.
inline void add_partials(const float* partials, int64_t count, int64_t size, int64_t n, float* out) {
  constexpr int kTile = 8;  // enough of each partial sum at a time to read memory in long pieces
  int64_t i = 0;
  for (; i + kTile * kLanes <= n; i += kTile * kLanes) {
    vf sum[kTile];
    UNNAS_UNROLL
    for (int t = 0; t < kTile; t++) sum[t] = load(partials + i + t * kLanes);
    for (int64_t part = 1; part < count; part++) {
      const float* partial = partials + part * size + i;
      UNNAS_UNROLL
      for (int t = 0; t < kTile; t++) sum[t] += load(partial + t * kLanes);
    }
    UNNAS_UNROLL
    for (int t = 0; t < kTile; t++) store(out + i + t * kLanes, sum[t]);
  }
  if (i == n) return;
  std::copy_n(partials + i, n - i, out + i);
  for (int64_t part = 1; part < count; part++)
    for (int64_t rest = i; rest < n; rest++) out[rest] += partials[part * size + rest];
}

/// y[i] = sum over chunks, in their order, of the padded partial matrices that `accumulate` filled.
inline void add_partial_matrices(const float* partials, int64_t count, int64_t rows, int64_t columns,
                                 float* y) {
  int64_t stride = padded(columns), size = padded(rows) * stride;
  constexpr int64_t kGrain = 1 << 14;
  parallel_for(rows, std::max<int64_t>(1, kGrain / (count * columns)),
               [&](int64_t, int64_t begin, int64_t end) {
                 if (columns == stride)
                   return add_partials(partials + begin * stride, count, size, (end - begin) * stride,
                                       y + begin * columns);
                 for (int64_t r = begin; r < end; r++)
                   add_partials(partials + r * stride, count, size, columns, y + r * columns);
               });
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
