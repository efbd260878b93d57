// The layout that the convolution kernels work in: channels in blocks of 16 floats, one cache line.
//
// A chunk is a matrix of at most kChunk rows (pixels) and any number of columns (channels), stored as
// [column block][row][16]. All strides are constants, so that the inner loops of a matrix product need no
// address arithmetic, and a chunk of a few hundred columns stays in the L1 cache. Columns past the last one
// hold anything.
#pragma once
#include <algorithm>

#include "core/simd.h"

#define UNNAS_UNROLL _Pragma("GCC unroll 32")

namespace unnas::UNNAS_ISA {
namespace {

constexpr int kBlock = 16;                 // floats
constexpr int kVectors = kBlock / kLanes;  // vectors of a block
constexpr int kChunk = 64;                 // rows
/// Rows that a chunk has room for: products compute in tiles of rows that may pass the last one. Not a power
/// of two, or the blocks of one row would compete for the same cache sets.
constexpr int kChunkRoom = 72;
constexpr int64_t kChunkStride = kChunkRoom * kBlock;  // floats from a column block to the next

constexpr int64_t blocks_of(int64_t columns) { return (columns + kBlock - 1) / kBlock; }
constexpr int64_t padded(int64_t columns) { return blocks_of(columns) * kBlock; }
constexpr int64_t chunk_floats(int64_t columns) { return blocks_of(columns) * kChunkStride; }

/// The lanes of vector `v` of a block that hold one of `columns` columns counted from the start of the block.
constexpr int lanes_in(int64_t columns, int v) {
  return static_cast<int>(std::clamp<int64_t>(columns - v * kLanes, 0, kLanes));
}

inline vf load_lanes(const float* p, int lanes) { return lanes == kLanes ? load(p) : load_partial(p, lanes); }
inline void store_lanes(float* p, vf v, int lanes) {
  if (lanes == kLanes)
    store(p, v);
  else
    store_partial(p, v, lanes);
}

/// Asks for a cache line that is read a little later, into the L2 cache: there it waits while the L1 cache is
/// used for other things. Not `__builtin_prefetch`: GCC drops loops of nothing else.
template <class T>
inline void prefetch(const T* p) {
#if defined(__x86_64__)
  asm volatile("prefetcht1 %0" : : "m"(*p));
#else
  __builtin_prefetch(p, 0, 2);
#endif
}

inline vf positive_part(vf x) { return x < 0.0f ? vf{} : x; }  // NaN stays NaN

/// Copies a row of `columns` floats into blocks that lie `block_stride` floats apart, 0 after the last
/// column.
template <bool kRelu>
inline void pack_row(const float* x, int64_t columns, float* blocks, int64_t block_stride) {
  for (int64_t c = 0; c < columns; c += kBlock, blocks += block_stride)
    for (int v = 0; v < kVectors; v++) {
      int lanes = lanes_in(columns - c, v);
      vf value = lanes == 0 ? vf{} : load_lanes(x + c + v * kLanes, lanes);
      store(blocks + v * kLanes, kRelu ? positive_part(value) : value);
    }
}

/// The way back: blocks to a row of `columns` floats.
inline void unpack_row(const float* blocks, int64_t block_stride, int64_t columns, float* x) {
  for (int64_t c = 0; c < columns; c += kBlock, blocks += block_stride)
    for (int v = 0; v < kVectors; v++)
      if (int lanes = lanes_in(columns - c, v))
        store_lanes(x + c + v * kLanes, load(blocks + v * kLanes), lanes);
}

/// Copies rows of a matrix, `stride` floats apart, into a chunk.
inline void pack_chunk(const float* x, int64_t rows, int64_t columns, int64_t stride, float* chunk) {
  for (int64_t r = 0; r < rows; r++)
    pack_row<false>(x + r * stride, columns, chunk + r * kBlock, kChunkStride);
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
