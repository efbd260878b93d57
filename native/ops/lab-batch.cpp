// Colours of views of pictures: the lightness, normalised, and the bin of (a, b).
#include "ops/channels.h"
#include "ops/lab-bins.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kBand = 32;    // rows that make up a task
constexpr int64_t kPiece = 512;  // pixels that are converted at once
constexpr int32_t kGray = 120;   // bin of a = b = 0

/// Converts up to kPiece colours. In floats, and what floats leave in doubt once more in doubles: the bins
/// are exactly those of the definition, on every instruction set.
void convert(const uint8_t* rgb, int64_t pixels, const ColourTables& tables, float scale, float shift,
             float* x, int32_t* y) {
  alignas(64) float red[kPiece], green[kPiece], blue[kPiece];
  alignas(64) int32_t a[kPiece], b[kPiece], doubt[kPiece];
  for (int64_t i = 0; i < pixels; i++) {
    red[i] = tables.linear_float[rgb[3 * i]];
    green[i] = tables.linear_float[rgb[3 * i + 1]];
    blue[i] = tables.linear_float[rgb[3 * i + 2]];
  }
  for (int64_t i = pixels; i % kLanes != 0; i++) red[i] = green[i] = blue[i] = 0;
  vi any{};
  for (int64_t i = 0; i < pixels; i += kLanes) {
    const LabCells cells = lab_cells(load(red + i), load(green + i), load(blue + i));
    const vf normal = cells.lightness * scale + shift;
    if (i + kLanes <= pixels)
      store(x + i, normal);
    else
      store_partial(x + i, normal, static_cast<int>(pixels - i));
    std::memcpy(a + i, &cells.a, sizeof cells.a);
    std::memcpy(b + i, &cells.b, sizeof cells.b);
    std::memcpy(doubt + i, &cells.doubt, sizeof cells.doubt);
    any |= cells.doubt;
  }
  for (int64_t i = 0; i < pixels; i++) y[i] = tables.offset[a[i] + 9] + b[i];
  int32_t doubts = 0;
  for (int lane = 0; lane < kLanes; lane++) doubts |= any[lane];
  if (doubts == 0) return;
  for (int64_t i = 0; i < pixels; i++)
    if (doubt[i] != 0) y[i] = bin_of(tables, rgb + 3 * i);
}

// x = (L / 100 - mean) / deviation, y = bin; inputs: views, pictures..
void lab_batch(const Call& call) {
  static const ColourTables tables = colour_tables();
  const int64_t size = call.attrs.integer("size"), pictures = static_cast<int64_t>(call.inputs.size()) - 1;
  const double mean = call.attrs.number("mean"), deviation = call.attrs.number("deviation");
  const auto scale = static_cast<float>(0.01 / deviation), shift = static_cast<float>(-mean / deviation);
  const int64_t bands = chunk_count(size, kBand);
  parallel_for(pictures * bands, 1, [&](int64_t, int64_t task, int64_t) {
    const int64_t picture = task / bands, begin = task % bands * kBand, end = std::min(size, begin + kBand);
    Scratch scratch;
    PictureWindow window(call.in(static_cast<size_t>(picture + 1)).u8(), view_of(call.in(0), picture), size,
                         {begin, end}, {0, size}, scratch);
    float* x = call.out(0).f32() + picture * size * size;
    int32_t* y = call.out(1).i32() + picture * size * size;
    const Range rows = window.rows(), columns = window.columns();
    if (rows.size() < end - begin || columns.size() < size) {
      std::fill(x + begin * size, x + end * size, 0.0f);
      std::fill(y + begin * size, y + end * size, kGray);
    }
    for (int64_t r = rows.begin; r < rows.end; r++) {
      const uint8_t* colours = window.bytes(r);
      for (int64_t c = 0; c < columns.size(); c += kPiece) {
        const int64_t at = r * size + columns.begin + c;
        convert(colours + 3 * c, std::min(kPiece, columns.size() - c), tables, scale, shift, x + at, y + at);
      }
    }
  });
}

UNNAS_KERNEL("lab_batch", lab_batch);

}  // namespace
}  // namespace unnas::UNNAS_ISA
