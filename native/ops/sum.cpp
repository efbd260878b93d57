// y[o, i] = sum over r of x[o, r, i] / divisor, added in double and in a fixed order: the sum over
// neighbouring axes.
#include <algorithm>
#include <vector>

#include "core/simd.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kTask = 1 << 15;  // elements of x that make up a task
constexpr int64_t kColumns = 1024;  // sums that run side by side
constexpr int64_t kUnroll = 16;     // partial sums of a run of neighbours

/// The sum of neighbours: sixteen sums side by side, then one after the other.
double dense_sum(const float* x, int64_t count) {
  double parts[kUnroll]{};
  int64_t i = 0;
  for (; i + kUnroll <= count; i += kUnroll)
    for (int64_t j = 0; j < kUnroll; j++) parts[j] += static_cast<double>(x[i + j]);
  double sum = 0;
  for (double part : parts) sum += part;
  for (; i < count; i++) sum += static_cast<double>(x[i]);
  return sum;
}

void sum(const Call& call) {
  const int64_t outer = call.attrs.integer("outer"), length = call.attrs.integer("length"),
                inner = call.attrs.integer("inner");
  const double divisor = call.attrs.number("divisor");
  const float* x = call.in(0).f32();
  float* y = call.out(0).f32();

  // A piece is one run of columns of one outer index over some of the rows.
  const int64_t width = std::min(inner, kColumns), strips = chunk_count(inner, width);
  const int64_t rows = std::max<int64_t>(1, kTask / width), parts = chunk_count(length, rows);
  auto sum_piece = [&](int64_t o, int64_t strip, int64_t part, double* sums) {
    const int64_t first = strip * width, columns = std::min(width, inner - first);
    const int64_t begin = part * rows, end = std::min(length, begin + rows);
    const float* from = x + (o * length + begin) * inner + first;
    if (inner == 1) {
      sums[0] = dense_sum(from, end - begin);
      return;
    }
    std::fill(sums, sums + columns, 0.0);
    for (int64_t r = begin; r < end; r++, from += inner)
      for (int64_t c = 0; c < columns; c++) sums[c] += static_cast<double>(from[c]);
  };

  std::vector<double> partial;
  if (parts > 1) {
    partial.resize(static_cast<size_t>(outer * strips * parts * width));
    parallel_for(outer * strips * parts, 1, [&](int64_t, int64_t piece, int64_t) {
      sum_piece(piece / (strips * parts), piece / parts % strips, piece % parts,
                partial.data() + piece * width);
    });
  }
  const int64_t grain = std::max<int64_t>(1, kTask / (width * std::min(length, rows)));
  parallel_for(outer * strips, grain, [&](int64_t, int64_t begin, int64_t end) {
    double own[kColumns];
    for (int64_t strip = begin; strip < end; strip++) {
      double* sums = own;
      const int64_t first = strip % strips * width, columns = std::min(width, inner - first);
      if (parts == 1) {
        sum_piece(strip / strips, strip % strips, 0, sums);
      } else {
        sums = partial.data() + strip * parts * width;
        for (int64_t part = 1; part < parts; part++)
          for (int64_t c = 0; c < columns; c++) sums[c] += sums[part * width + c];
      }
      float* to = y + strip / strips * inner + first;
      for (int64_t c = 0; c < columns; c++) to[c] = static_cast<float>(sums[c] / divisor);
    }
  });
}

UNNAS_KERNEL("sum", sum);

}  // namespace
}  // namespace unnas::UNNAS_ISA
