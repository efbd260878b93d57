// Colours of 8-bit sRGB to CIE Lab (D65, 2 degrees), and which of 313 bins of (a, b) they fall into.
//
//   linear = v / 12.92 or ((v + 0.055) / 1.055)^2.4; X, Y, Z = M linear / white; f(t) = cbrt(t) or 7.787 t +
//   16 / 116 L = 116 f(Y) - 16; a = 500 (f(X) - f(Y)); b = 200 (f(Y) - f(Z))
//
// The centres of the bins are multiples of 10 (Zhang et al., "Colorful image colorization", ECCV 2016),
// ordered by a, then by b, and for each a there is one of every b within a range. For every colour the
// nearest of all centres is the one that rounding a and b gives. So the bin is a sum: an offset for each a,
// and b.
#pragma once
#include <cmath>

#include "core/simd.h"

namespace unnas::UNNAS_ISA {
namespace {

struct ColourTables {
  double linear[256];
  float linear_float[256];
  int32_t offset[20];  // of a = -90, -80, .. 100: bin = offset + b / 10
};

inline ColourTables colour_tables() {
  constexpr int kRange[20][2] = {{5, 9},   {2, 9},   {0, 9},   {-2, 9},  {-3, 10}, {-4, 10}, {-5, 10},
                                 {-5, 10}, {-6, 10}, {-7, 10}, {-8, 9},  {-8, 9},  {-9, 9},  {-10, 9},
                                 {-10, 8}, {-11, 8}, {-11, 8}, {-11, 7}, {-11, 7}, {-9, 0}};
  ColourTables tables;
  for (int v = 0; v < 256; v++) {
    const double value = v / 255.0;
    tables.linear[v] = value > 0.04045 ? std::pow((value + 0.055) / 1.055, 2.4) : value / 12.92;
    tables.linear_float[v] = static_cast<float>(tables.linear[v]);
  }
  int32_t bins = 0;
  for (int a = 0; a < 20; a++) {
    tables.offset[a] = bins - kRange[a][0];
    bins += kRange[a][1] - kRange[a][0] + 1;
  }
  return tables;
}

inline double compressed(double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116; }

/// By the definition, in doubles: the bin of one colour.
inline int32_t bin_of(const ColourTables& tables, const uint8_t* rgb) {
  const double r = tables.linear[rgb[0]], g = tables.linear[rgb[1]], b = tables.linear[rgb[2]];
  const double x = compressed((0.412453 * r + 0.357580 * g + 0.180423 * b) / 0.95047),
               y = compressed(0.212671 * r + 0.715160 * g + 0.072169 * b),
               z = compressed((0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.08883);
  const int cell_a = static_cast<int>(std::floor(50 * (x - y) + 0.5)),
            cell_b = static_cast<int>(std::floor(20 * (y - z) + 0.5));
  return tables.offset[cell_a + 9] + cell_b;
}

/// The cube root of numbers in (0, 2), to about one unit in the last place.
inline vf cube_root(vf x) {
  // A third of the exponent (and, roughly, of the mantissa) by way of the integer that the bits are, negated:
  // x^(-1/3) within 4 %. Then y (1 + e/3 + 2 e^2/9 + 14 e^3/81), e = 1 - x y^3, the series of (1 - e)^(-1/3),
  // to fourth and to second order.
  vi bits;
  std::memcpy(&bits, &x, sizeof bits);
  const vi guess =
      0x54a21d2a - __builtin_convertvector(__builtin_convertvector(bits, vf) * broadcast(1.0f / 3), vi);
  vf y;
  std::memcpy(&y, &guess, sizeof y);
  vf e = 1.0f - x * (y * y * y);
  y = y + y * (e * (broadcast(1.0f / 3) + e * (broadcast(2.0f / 9) + e * broadcast(14.0f / 81))));
  e = 1.0f - x * (y * y * y);
  y = y + y * (e * broadcast(1.0f / 3));
  return x * (y * y);
}

inline vf compressed(vf t) {
  const vf root = cube_root(t), line = t * 7.787f + broadcast(16.0f / 116);
  return t > 0.008856f ? root : line;
}

/// How near to the border of a bin, in widths of a bin, a colour in floats is not sure to be on the right
/// side of it. The floats are off by less than a quarter of that.
constexpr float kDoubt = 1e-4f;

/// L, and the cells of ten that a and b fall into; `doubt` is not 0 in lanes where one of them may be wrong.
struct LabCells {
  vf lightness;
  vi a, b, doubt;
};

inline LabCells lab_cells(vf r, vf g, vf b) {
  const vf x = compressed(r * static_cast<float>(0.412453 / 0.95047) +
                          g * static_cast<float>(0.357580 / 0.95047) +
                          b * static_cast<float>(0.180423 / 0.95047)),
           y = compressed(r * 0.212671f + g * 0.715160f + b * 0.072169f),
           z = compressed(r * static_cast<float>(0.019334 / 1.08883) +
                          g * static_cast<float>(0.119193 / 1.08883) +
                          b * static_cast<float>(0.950227 / 1.08883));
  const vf cell_a = (x - y) * 50.0f, cell_b = (y - z) * 20.0f;
  // Adding and taking away 1.5 * 2^23 rounds to whole numbers.
  constexpr float kWhole = 12582912.0f;
  const vf whole_a = (cell_a + kWhole) - kWhole, whole_b = (cell_b + kWhole) - kWhole;
  const vf off_a = cell_a - whole_a, off_b = cell_b - whole_b;
  const vf off = max(max(off_a, -off_a), max(off_b, -off_b));
  return {y * 116.0f - 16.0f, __builtin_convertvector(whole_a, vi), __builtin_convertvector(whole_b, vi),
          off > 0.5f - kDoubt};
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
