// The skip connection of a strided edge (DARTS's FactorizedReduce before its batch norm): of the ReLU of the
// source, one 1x1 convolution takes the pixels with even row and column, another those with odd ones; each
// gives half of the channels. Past an odd edge there are zeros.
//
// Here it is one product: the even pixels' channels, then those of the odd pixels, times a matrix with the
// first filter in its upper left and the second in its lower right part.
#pragma once
#include "core/search-cell.h"

namespace unnas::UNNAS_ISA {
namespace {

struct StridedSkip {
  int64_t rows, columns;  // of the matrix, both rounded up
  float* matrix;

  StridedSkip(const SearchCell& cell, const float* even, const float* odd, Scratch& scratch)
      : rows(2 * cell.columns), columns(cell.columns), matrix(scratch.floats(rows * columns)) {
    const int64_t half = cell.channels / 2;
    std::fill_n(matrix, rows * columns, 0.0f);
    for (int64_t c = 0; c < cell.channels; c++) {
      std::copy_n(even + c * half, half, matrix + c * columns);
      std::copy_n(odd + c * half, half, matrix + (cell.columns + c) * columns + half);
    }
  }
};

/// body(pixel of the chunk, block, address in the image) of all even or odd pixels; a null address is
/// outside.
template <class Body>
inline void for_skip_pixels(const SearchCell& cell, const BlockedImage& image, const PixelChunk& chunk,
                            int odd, const Body& body) {
  for (int64_t block = 0; block < cell.blocks; block++)
    for (int64_t i = 0; i < chunk.rows; i++) {
      const int64_t y = 2 * (chunk.row + i) + odd;
      for (int64_t j = 0; j < chunk.width; j++) {
        const int64_t x = 2 * (chunk.column + j) + odd;
        const bool inside = y < cell.height && x < cell.width;
        body(i * chunk.width + j, block, inside ? image.row(block, y) + x * kBlock : nullptr);
      }
    }
}

/// The pixels that the product reads, for a chunk of its results.
inline void gather_skip(const SearchCell& cell, const BlockedImage& r, const PixelChunk& chunk, float* u) {
  for (int odd = 0; odd < 2; odd++)
    for_skip_pixels(cell, r, chunk, odd, [&](int64_t p, int64_t block, const float* from) {
      float* to = u + (odd * cell.blocks + block) * kChunkStride + p * kBlock;
      for (int v = 0; v < kVectors; v++) store(to + v * kLanes, from ? load(from + v * kLanes) : vf{});
    });
}

/// The way back: adds to the image.
inline void scatter_skip(const SearchCell& cell, const float* du, const PixelChunk& chunk,
                         const BlockedImage& dr) {
  for (int odd = 0; odd < 2; odd++)
    for_skip_pixels(cell, dr, chunk, odd, [&](int64_t p, int64_t block, float* to) {
      const float* from = du + (odd * cell.blocks + block) * kChunkStride + p * kBlock;
      if (to)
        for (int v = 0; v < kVectors; v++)
          store(to + v * kLanes, load(to + v * kLanes) + load(from + v * kLanes));
    });
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
