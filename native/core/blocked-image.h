// Images in blocks of 16 channels, and the chunks of pixels that kernels take them in.
#pragma once
#include "core/blocks.h"
#include "core/scratch.h"

namespace unnas::UNNAS_ISA {
namespace {

/// Rows [first, first + rows) of an image, [channel block][row][column][16], with zero columns at both sides.
struct BlockedImage {
  float* data;
  int64_t first, rows, margin, columns;  // columns: with both margins

  int64_t row_stride() const { return columns * kBlock; }
  int64_t block_stride() const { return rows * row_stride(); }
  /// Of column 0 of the image, which may be negative: the margin.
  float* row(int64_t block, int64_t y) const {
    return data + block * block_stride() + (y - first) * row_stride() + margin * kBlock;
  }
};

/// Room for `rows` rows of `width` columns and channels in `blocks` blocks; the margins are set to zero.
inline BlockedImage blocked_image(int64_t blocks, int64_t rows, int64_t width, int64_t margin,
                                  int64_t right_margin, Scratch& scratch) {
  int64_t columns = margin + width + right_margin;
  // An odd number of lines from row to row, or rows of 32 or 64 pixels would compete for the same cache sets.
  columns += 1 - columns % 2;
  BlockedImage image{scratch.floats(blocks * rows * columns * kBlock), 0, rows, margin, columns};
  for (int64_t i = 0; i < blocks * rows; i++) {
    float* row = image.data + i * image.row_stride();
    std::fill_n(row, margin * kBlock, 0.0f);
    std::fill_n(row + (margin + width) * kBlock, (columns - margin - width) * kBlock, 0.0f);
  }
  return image;
}

/// Fills rows [first, last) of the image from x, the first float of an image of `height` x `width` x
/// `channels`.
template <bool kRelu>
inline void pack_image(const float* x, int64_t width, int64_t channels, int64_t first, int64_t last,
                       BlockedImage& image) {
  image.first = first;
  for (int64_t y = first; y < last; y++) {
    const float* row = x + y * width * channels;
    float* to = image.row(0, y);
    for (int64_t column = 0; column < width; column++)
      pack_row<kRelu>(row + column * channels, channels, to + column * kBlock, image.block_stride());
  }
}

/// Output pixels of one step: `rows` rows from `row` and `width` columns from `column`, together at most
/// kChunk.
struct PixelChunk {
  int64_t row, rows, column, width;
  int64_t pixels() const { return rows * width; }
};

/// How many whole rows are taken together: those of a chunk, or one.
constexpr int64_t rows_together(int64_t width) { return std::max<int64_t>(1, kChunk / width); }

/// Calls body(chunk) for rows [first, last) of a map of `width` columns: whole rows, or parts of one if it is
/// wide.
template <class Body>
inline void for_chunks(int64_t first, int64_t last, int64_t width, const Body& body) {
  if (width <= kChunk) {
    int64_t rows = rows_together(width);
    for (int64_t row = first; row < last; row += rows)
      body(PixelChunk{row, std::min(rows, last - row), 0, width});
    return;
  }
  int64_t parts = (width + kChunk - 1) / kChunk, part = (width + parts - 1) / parts;
  for (int64_t row = first; row < last; row++)
    for (int64_t column = 0; column < width; column += part)
      body(PixelChunk{row, 1, column, std::min(part, width - column)});
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
