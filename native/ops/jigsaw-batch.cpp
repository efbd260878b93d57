// Pictures as puzzles: of each patch of a view a tile, standardised, in the slot that a permutation gives it.
#include <cmath>

#include "ops/channels.h"

namespace unnas::UNNAS_ISA {
namespace {

/// Under this standard deviation, on the scale from 0 to 1, a tile has one value but for rounding.
constexpr double kOneValue = 1e-6;

constexpr int kSums = 16;  // partial sums, added in order: the same on every instruction set

template <class Term>
double sum_of(int64_t count, Term&& term) {
  double parts[kSums] = {};
  int64_t i = 0;
  for (; i + kSums <= count; i += kSums)
    for (int k = 0; k < kSums; k++) parts[k] += term(i + k);
  for (int k = 0; i + k < count; k++) parts[k] += term(i + k);
  for (int k = 1; k < kSums; k++) parts[0] += parts[k];
  return parts[0];
}

/// (v - mean) / deviation by the mean and the population standard deviation of all values. `unit` is what a
/// value of 1 is on the scale from 0 to 1.
void standardise(const double* values, int64_t count, double unit, float* out) {
  const double mean = sum_of(count, [&](int64_t i) { return values[i]; }) / static_cast<double>(count);
  const double squares = sum_of(count, [&](int64_t i) { return (values[i] - mean) * (values[i] - mean); });
  const double deviation = std::sqrt(squares / static_cast<double>(count));
  if (deviation * unit < kOneValue) {
    std::fill(out, out + count, 0.0f);
    return;
  }
  const double scale = 1 / deviation;
  for (int64_t i = 0; i < count; i++) out[i] = static_cast<float>((values[i] - mean) * scale);
}

/// Gray of colours that are cut to 8 bits.
inline double gray_of(const uint8_t* rgb) { return 0.2125 * rgb[0] + 0.7154 * rgb[1] + 0.0721 * rgb[2]; }

// x[i][slot of patch q] = standardised tile of patch q
// inputs: views, lighting (or nothing), gray, offsets, permutations, pictures..
void jigsaw_batch(const Call& call) {
  constexpr int64_t kPictures = 5;  // the first of them among the inputs
  const int64_t size = call.attrs.integer("size"), grid = call.attrs.integer("grid"),
                tile = call.attrs.integer("tile"),
                pictures = static_cast<int64_t>(call.inputs.size()) - kPictures;
  const int64_t patches = grid * grid, side = size / grid, values = tile * tile * 3;
  const auto mean = call.attrs.numbers("mean"), deviation = call.attrs.numbers("deviation");
  const float* lighting = lighting_of(call.in(1));
  const int32_t *offsets = call.in(3).i32(), *slots = call.in(4).i32();
  const auto scale = Channels::from([&](int c) { return 1 / (255 * deviation[static_cast<size_t>(c)]); });
  parallel_for(pictures * patches, 1, [&](int64_t, int64_t task, int64_t) {
    const int64_t picture = task / patches, patch = task % patches;
    const bool gray = call.in(2).u8()[picture] != 0;
    const auto shift = Channels::from([&](int c) {
      const double light = lighting == nullptr ? 0 : lighting[picture * 3 + c];
      return (light - mean[static_cast<size_t>(c)]) / deviation[static_cast<size_t>(c)];
    });
    const int64_t top = patch / grid * side + offsets[2 * task],
                  left = patch % grid * side + offsets[2 * task + 1];
    Scratch scratch;
    PictureWindow window(call.in(static_cast<size_t>(picture + kPictures)).u8(), view_of(call.in(0), picture),
                         size, {top, top + tile}, {left, left + tile}, scratch);
    const Range rows = window.rows(), columns = window.columns();
    auto* normal = reinterpret_cast<double*>(scratch.floats(2 * values));
    if (rows.size() < tile || columns.size() < tile) std::fill(normal, normal + values, 0.0);
    for (int64_t r = rows.begin; r < rows.end; r++) {
      double* to = normal + ((r - top) * tile + columns.begin - left) * 3;
      const auto normalise = [&](const auto* from) {
        for_values(columns.size(),
                   [&](int64_t i, int k) { to[i] = from[i] * scale.value[k] + shift.value[k]; });
      };
      if (gray) {
        const uint8_t* colours = window.bytes(r);
        for (int64_t i = 0; i < columns.size() * 3; i += 3)
          to[i] = to[i + 1] = to[i + 2] = gray_of(colours + i);
        normalise(to);
      } else if (window.resized()) {
        normalise(window.values(r));
      } else {
        normalise(window.bytes(r));
      }
    }
    standardise(normal, values, *std::min_element(deviation.begin(), deviation.end()),
                call.out(0).f32() + (picture * patches + slots[task]) * values);
  });
}

UNNAS_KERNEL("jigsaw_batch", jigsaw_batch);

}  // namespace
}  // namespace unnas::UNNAS_ISA
