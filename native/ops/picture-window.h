// What a view shows of a picture, row by row: a region of it resized, a window of that, mirrored or not. See
// packages/pretext/src/transforms/window.ts for the meaning; the numbers here are the same bits.
#pragma once
#include "core/scratch.h"
#include "core/simd.h"

namespace unnas::UNNAS_ISA {

/// The size of a picture and a view of it, in the order in which ops/picture-views.ts packs them.
struct View {
  int32_t picture_height, picture_width;
  int32_t top, left, height, width;
  int32_t scaled_height, scaled_width;
  int32_t crop_top, crop_left;
  int32_t flip;
};

struct Range {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};

/// Where the visible pixels of one axis of a window come from; the arrays begin with the first visible one.
struct Axis {
  Range visible;
  const int32_t *low, *high;
  const float* fraction;  // of the way from low to high
};

/// The pixels of `wanted` that show the picture, mirrored about the middle of the window where asked.
Range visible_part(int64_t scaled, int64_t crop, int64_t size, bool mirrored, Range wanted);

/// Nearest neighbours, for labels: `low` alone.
Axis nearest_axis(int64_t from, int64_t length, int64_t scaled, int64_t crop, int64_t size, bool mirrored,
                  Range wanted, Scratch& scratch);

/// A part of the window of a view. Rows are best asked for in ascending order: neighbours share what was
/// interpolated along a row of the picture. What a row gives is good until the next one is asked for.
class PictureWindow {
 public:
  PictureWindow(const uint8_t* picture, const View& view, int64_t size, Range rows, Range columns,
                Scratch& scratch);

  /// The rows and columns of those asked for that show the picture; the others are border.
  Range rows() const { return rows_.visible; }
  Range columns() const { return columns_.visible; }
  /// Whether `values` are interpolated; if not, they are the bytes.
  bool resized() const { return resized_; }

  /// Visible pixels of a visible row, red green blue, from 0 to 255.
  const float* values(int64_t row);
  /// The same, cut to 8 bits towards zero.
  const uint8_t* bytes(int64_t row);

 private:
  struct Interpolated {
    int64_t row;  // of the picture
    float* values;
  };

  const float* interpolated(int64_t row, int64_t keep);

  const uint8_t* picture_;
  const View& view_;
  const int64_t size_;
  bool resized_;
  Axis rows_, columns_;
  Interpolated kept_[2];
  float* values_;
  uint8_t *bytes_, *last_row_;
};

}  // namespace unnas::UNNAS_ISA
