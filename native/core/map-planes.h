// Maps as the cells of derived networks keep them in memory: [vector of channels][pixel][lanes].
//
// Channels are rounded up to whole vectors, not to blocks of 16: 36 channels take 40 lanes with AVX2. What
// reads or writes a map vector by vector goes through memory in order and touches each cache line once.
// Convolutions and products work on chunks and images in blocks, which are in the cache.
#pragma once
#include <vector>

#include "core/blocked-image.h"
#include "core/gemm.h"
#include "core/map-moments.h"

namespace unnas::UNNAS_ISA {
namespace {

/// Numbers of an image, vector by vector of channels: of a map in planes or in blocks.
template <class F>
struct MapPlanes {
  F* data;
  int64_t pixel_stride, vector_stride, block_stride;

  F* at(int64_t vector, int64_t pixel) const {
    return data + vector / kVectors * block_stride + vector % kVectors * vector_stride + pixel * pixel_stride;
  }
  operator MapPlanes<const F>() const { return {data, pixel_stride, vector_stride, block_stride}; }
};

template <class F>
inline MapPlanes<F> in_planes(F* map, int64_t pixels) {
  return {map, kLanes, pixels * kLanes, pixels * kBlock};
}
template <class F>
inline MapPlanes<F> in_blocks(F* map, int64_t pixels) {
  return {map, kBlock, kLanes, pixels * kBlock};
}

/// Pixels of a tensor [..., channels], of which the last dimension may be a part.
template <class F>
struct TensorRows {
  F* data;
  int64_t row, channels;
};

/// Memory that is read soon, asked for in parts between other work: the processor's own prefetching stops at
/// the end of a page, and waiting for many lines at once costs as much as a product.
struct Ahead {
  const float* data = nullptr;  // null: there is none
  int64_t floats = 0, runs = 1, run_stride = 0;

  /// Parts [begin, end) of `parts`.
  void ask(int64_t begin, int64_t end, int64_t parts) const {
    if (!data) return;
    const int64_t lines = (floats + kBlock - 1) / kBlock;
    for (int64_t run = 0; run < runs; run++)
      for (int64_t i = begin * lines / parts; i < end * lines / parts; i++)
        prefetch(data + run * run_stride + i * kBlock);
  }
};

/// Some pixels of `vectors` planes.
inline Ahead pixels_ahead(const MapPlanes<const float>& map, int64_t vectors, int64_t first, int64_t count) {
  if (count <= 0) return {};
  return {map.at(0, first), count * kLanes, vectors, map.at(1, 0) - map.at(0, 0)};
}

/// body(vector, lanes, first, end) over `count` rows of a tensor, a few at a time: planes often lie a power
/// of two apart, and to walk along many of them at once would be to compete for a few cache sets.
template <class Body>
inline void for_row_tiles(int64_t channels, int64_t count, const Body& body) {
  constexpr int64_t kTile = 16;
  for (int64_t first = 0; first < count; first += kTile)
    for (int64_t vector = 0; vector < vectors_of(channels); vector++)
      body(vector, lanes_in(channels - vector * kLanes, 0), first, std::min(first + kTile, count));
}

/// Rows of a tensor to planes, `plane_stride` floats apart: plane = start + row, or added to what it holds.
inline void add_rows(const TensorRows<const float>& rows, int64_t count, const float* start, float* planes,
                     int64_t plane_stride) {
  for_row_tiles(rows.channels, count, [&](int64_t vector, int lanes, int64_t first, int64_t end) {
    const float* x = rows.data + vector * kLanes;
    float* to = planes + vector * plane_stride;
    vf constant{};
    if (start) constant = load(start + vector * kLanes);
    auto add = [&](auto&& read) __attribute__((always_inline)) {
      for (int64_t p = first; p < end; p++)
        store(to + p * kLanes, (start ? constant : load(to + p * kLanes)) + read(x + p * rows.row));
    };
    if (lanes == kLanes)
      add([](const float* at) { return load(at); });
    else
      add([lanes](const float* at) { return load_partial(at, lanes); });
  });
}

/// The way back.
inline void store_rows(const float* planes, int64_t plane_stride, int64_t count,
                       const TensorRows<float>& rows) {
  for_row_tiles(rows.channels, count, [&](int64_t vector, int lanes, int64_t first, int64_t end) {
    float* x = rows.data + vector * kLanes;
    const float* from = planes + vector * plane_stride;
    if (lanes == kLanes)
      for (int64_t p = first; p < end; p++) store(x + p * rows.row, load(from + p * kLanes));
    else if (lanes == 4)  // half a vector goes as one: a store with a mask is slow
      for (int64_t p = first; p < end; p++)
        std::memcpy(x + p * rows.row, from + p * kLanes, 4 * sizeof(float));
    else
      for (int64_t p = first; p < end; p++) store_partial(x + p * rows.row, load(from + p * kLanes), lanes);
  });
}

/// A map of a sum, with a factor for each channel; null: 1.
struct MapTerm {
  MapPlanes<const float> map;
  const float* factor;
};

/// Pixels [first, first + count) of a vector of channels: out = start + sum of factor * map, or added to what
/// out holds. `kStride`: floats from pixel to pixel of out.
template <int kTerms, int kStride>
inline void add_terms_of_map(const MapTerm* terms, int64_t vector, int64_t first, int64_t count,
                             const vf* start, float* out) {
  const float* x[kTerms];
  int64_t step[kTerms];
  vf factor[kTerms];
  for (int k = 0; k < kTerms; k++) {
    x[k] = terms[k].map.at(vector, first);
    step[k] = terms[k].map.pixel_stride;
    factor[k] = terms[k].factor ? load(terms[k].factor + vector * kLanes) : broadcast(1.0f);
  }
  for (int64_t p = 0; p < count; p++) {
    vf sum = start ? *start : load(out + p * kStride);
    UNNAS_UNROLL
    for (int k = 0; k < kTerms; k++) {
      sum += load(x[k]) * factor[k];
      x[k] += step[k];
    }
    store(out + p * kStride, sum);
  }
}

/// Adds up what an image of a map consists of.
struct PlaneSum {
  std::vector<MapTerm> maps;
  std::vector<TensorRows<const float>> tensors;  // of the image

  /// Planes of pixels [first, first + count) = start of each channel + all of it. Planes lie `plane_stride`
  /// floats apart.
  void store_to(int64_t vectors, int64_t first, int64_t count, const float* start, float* planes,
                int64_t plane_stride) const {
    for (const auto& rows : tensors)
      add_rows({rows.data + first * rows.row, rows.row, rows.channels}, count,
               &rows == tensors.data() ? start : nullptr, planes, plane_stride);
    for (int64_t vector = 0; vector < vectors; vector++)
      add_maps<kLanes>(vector, first, count, tensors.empty() ? start : nullptr,
                       planes + vector * plane_stride);
  }

  /// One vector of channels of the maps.
  template <int kStride>
  void add_maps(int64_t vector, int64_t first, int64_t count, const float* start, float* out) const {
    vf constant{};
    if (start) constant = load(start + vector * kLanes);
    const vf* from = start ? &constant : nullptr;
    if (maps.empty() && start) add_terms_of_map<0, kStride>(nullptr, vector, first, count, from, out);
    for (size_t k = 0; k < maps.size();) {
      const size_t left = maps.size() - k;
      if (left >= 4) add_terms_of_map<4, kStride>(&maps[k], vector, first, count, from, out);
      if (left == 3) add_terms_of_map<3, kStride>(&maps[k], vector, first, count, from, out);
      if (left == 2) add_terms_of_map<2, kStride>(&maps[k], vector, first, count, from, out);
      if (left == 1) add_terms_of_map<1, kStride>(&maps[k], vector, first, count, from, out);
      k += std::min<size_t>(left, 4);
      from = nullptr;
    }
  }
};

/// Stores the rows of a chunk product into a map in planes. `map`: the first pixel of the chunk.
struct ToPlanes {
  float* map;
  int64_t plane_stride;
  void operator()(int64_t p, int64_t n, vf value, int) const {
    store(map + n / kLanes * plane_stride + p * kLanes, value);
  }
};

/// Sum of g over pixels of one plane.
inline vf plane_sum(const float* g, int64_t count) {
  vf sum[4] = {};
  int64_t p = 0;
  for (; p + 4 <= count; p += 4) {
    UNNAS_UNROLL
    for (int i = 0; i < 4; i++) sum[i] += load(g + (p + i) * kLanes);
  }
  for (; p < count; p++) sum[0] += load(g + p * kLanes);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/// Sum of g (y - mean) over pixels of two planes.
inline vf plane_product_sum(const float* g, const float* y, int64_t count, vf mean) {
  vf sum[4] = {};
  int64_t p = 0;
  for (; p + 4 <= count; p += 4) {
    UNNAS_UNROLL
    for (int i = 0; i < 4; i++) sum[i] += load(g + (p + i) * kLanes) * (load(y + (p + i) * kLanes) - mean);
  }
  for (; p < count; p++) sum[0] += load(g + p * kLanes) * (load(y + p * kLanes) - mean);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
