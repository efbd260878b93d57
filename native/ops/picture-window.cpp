// Resizing: bilinear with half-pixel centres, in the operations and the precision of the TypeScript
// reference. This file is compiled without contraction to fused multiply-adds (see CMakeLists.txt), so that
// every instruction set gives the reference's bits: what is cut to 8 bits afterwards must not hang on
// rounding.
#include "ops/picture-window.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace unnas::UNNAS_ISA {
namespace {

typedef int32_t i4 __attribute__((vector_size(16)));
typedef float f4 __attribute__((vector_size(16)));

template <class T>
T* take(Scratch& scratch, int64_t count) {
  return reinterpret_cast<T*>(scratch.floats((count * static_cast<int64_t>(sizeof(T)) + 3) / 4));
}

/// The three values of a pixel; the fourth lane is of the pixel behind it.
inline f4 load_pixel(const uint8_t* p) {
#if defined(__AVX2__)
  int32_t four;
  std::memcpy(&four, p, sizeof four);
  return _mm_cvtepi32_ps(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(four)));
#else
  return __builtin_convertvector((i4{p[0], p[1], p[2], 0}), f4);
#endif
}

Axis bilinear_axis(int64_t from, int64_t length, int64_t scaled, int64_t crop, int64_t size, bool mirrored,
                   Range wanted, Scratch& scratch) {
  const Range visible = visible_part(scaled, crop, size, mirrored, wanted);
  auto* low = take<int32_t>(scratch, visible.size());
  auto* high = take<int32_t>(scratch, visible.size());
  auto* fraction = take<float>(scratch, visible.size());
  const double scale = 1 / (static_cast<double>(scaled) / static_cast<double>(length));
  for (int64_t i = 0; i < visible.size(); i++) {
    const int64_t pixel = visible.begin + i, j = crop + (mirrored ? size - 1 - pixel : pixel);
    const auto place = static_cast<float>((static_cast<double>(j) + 0.5) * scale - 0.5);
    const float before = std::floor(place);
    const auto first = static_cast<int64_t>(before);
    low[i] = static_cast<int32_t>(from + std::max<int64_t>(first, 0));
    high[i] = static_cast<int32_t>(from + std::min(first + 1, length - 1));
    fraction[i] = place - before;
  }
  return {visible, low, high, fraction};
}

}  // namespace

Range visible_part(int64_t scaled, int64_t crop, int64_t size, bool mirrored, Range wanted) {
  int64_t begin = std::min(size, std::max<int64_t>(0, -crop));
  int64_t end = std::max(begin, std::min(size, scaled - crop));
  if (mirrored) {
    std::swap(begin, end);
    begin = size - begin, end = size - end;
  }
  begin = std::clamp(begin, wanted.begin, wanted.end);
  return {begin, std::clamp(end, begin, wanted.end)};
}

Axis nearest_axis(int64_t from, int64_t length, int64_t scaled, int64_t crop, int64_t size, bool mirrored,
                  Range wanted, Scratch& scratch) {
  const Range visible = visible_part(scaled, crop, size, mirrored, wanted);
  auto* low = take<int32_t>(scratch, visible.size());
  const double scale = 1 / (static_cast<double>(scaled) / static_cast<double>(length));
  for (int64_t i = 0; i < visible.size(); i++) {
    const int64_t pixel = visible.begin + i, j = crop + (mirrored ? size - 1 - pixel : pixel);
    const auto nearest = static_cast<int64_t>(std::floor(static_cast<double>(j) * scale));
    low[i] = static_cast<int32_t>(from + std::min(nearest, length - 1));
  }
  return {visible, low, nullptr, nullptr};
}

PictureWindow::PictureWindow(const uint8_t* picture, const View& view, int64_t size, Range rows,
                             Range columns, Scratch& scratch)
    : picture_(picture),
      view_(view),
      size_(size),
      resized_(view.scaled_height != view.height || view.scaled_width != view.width) {
  const bool flip = view.flip != 0;
  if (resized_) {
    rows_ =
        bilinear_axis(view.top, view.height, view.scaled_height, view.crop_top, size, false, rows, scratch);
    columns_ =
        bilinear_axis(view.left, view.width, view.scaled_width, view.crop_left, size, flip, columns, scratch);
  } else {
    rows_ = {visible_part(view.height, view.crop_top, size, false, rows), nullptr, nullptr, nullptr};
    columns_ = {visible_part(view.width, view.crop_left, size, flip, columns), nullptr, nullptr, nullptr};
  }
  const int64_t count = columns_.visible.size() * 3;
  constexpr int64_t kSlack = 1;  // pixels are stored as four values, the last of them for the next to replace
  values_ = scratch.floats(count + kSlack);
  bytes_ = take<uint8_t>(scratch, count + kSlack);
  for (auto& one : kept_) one = {-1, resized_ ? scratch.floats(count + kSlack) : nullptr};
  last_row_ = resized_ ? take<uint8_t>(scratch, view.picture_width * 3 + kSlack) : nullptr;
}

const float* PictureWindow::values(int64_t row) {
  const int64_t count = columns_.visible.size() * 3;
  if (!resized_) {
    const uint8_t* from = bytes(row);
    for (int64_t i = 0; i < count; i++) values_[i] = from[i];
    return values_;
  }
  const int64_t i = row - rows_.visible.begin;
  const float* above = interpolated(rows_.low[i], rows_.high[i]);
  const float* below = interpolated(rows_.high[i], rows_.low[i]);
  const float down = rows_.fraction[i], up = 1 - down;
  for (int64_t k = 0; k < count; k++) values_[k] = above[k] * up + below[k] * down;
  return values_;
}

const uint8_t* PictureWindow::bytes(int64_t row) {
  const Range columns = columns_.visible;
  if (resized_) {
    const float* from = values(row);
    for (int64_t i = 0; i < columns.size() * 3; i++)
      bytes_[i] = static_cast<uint8_t>(static_cast<int32_t>(from[i]));
    return bytes_;
  }
  const int64_t from =
      (view_.top + view_.crop_top + row) * view_.picture_width + view_.left + view_.crop_left;
  if (view_.flip == 0) return picture_ + (from + columns.begin) * 3;
  const uint8_t* pixel = picture_ + (from + size_ - 1 - columns.begin) * 3;
  if (columns.size() > 0) std::memcpy(bytes_, pixel, 3);  // nothing may lie behind it
  for (int64_t i = 1; i < columns.size(); i++) std::memcpy(bytes_ + 3 * i, pixel - 3 * i, 4);
  return bytes_;
}

/// A row of the picture at the columns of the window. Of the two that are kept, `keep` is not replaced.
const float* PictureWindow::interpolated(int64_t row, int64_t keep) {
  for (const auto& one : kept_)
    if (one.row == row) return one.values;
  auto& one = kept_[kept_[0].row == keep ? 1 : 0];
  one.row = row;
  const uint8_t* from = picture_ + row * view_.picture_width * 3;
  if (row == view_.picture_height - 1) {  // behind its last pixel there may be nothing
    std::memcpy(last_row_, from, static_cast<size_t>(view_.picture_width) * 3);
    from = last_row_;
  }
  const int32_t *low = columns_.low, *high = columns_.high;
  for (int64_t i = 0; i < columns_.visible.size(); i++) {
    const float right = columns_.fraction[i], left = 1 - right;
    const f4 value = load_pixel(from + low[i] * 3) * left + load_pixel(from + high[i] * 3) * right;
    std::memcpy(one.values + 3 * i, &value, sizeof value);
  }
  return one.values;
}

}  // namespace unnas::UNNAS_ISA
