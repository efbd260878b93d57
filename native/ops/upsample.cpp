// Bilinear up-sampling with aligned corners: place i of n lies at i (m - 1) / (n - 1) of m.
#include <algorithm>
#include <cmath>

#include "core/lanes.h"
#include "core/scratch.h"

namespace unnas::UNNAS_ISA {
namespace {

/// Channels that the gradient takes at once where there are few pictures to share out.
constexpr int64_t kChannels = 64;
constexpr int64_t kManyPictures = 16;

/// Between which two values a new one lies, and how much of each it has.
struct Between {
  int64_t before, after;
  float of_before, of_after;
};

Between between(int64_t i, int64_t from, int64_t to) {
  const double place = to == 1 ? 0 : static_cast<double>(i * (from - 1)) / static_cast<double>(to - 1);
  const int64_t before = std::min(static_cast<int64_t>(std::floor(place)), from - 1);
  const double fraction = place - static_cast<double>(before);
  return {before, std::min(before + 1, from - 1), static_cast<float>(1 - fraction),
          static_cast<float>(fraction)};
}

struct Sizes {
  int64_t pictures, rows, columns, channels, height, width;

  explicit Sizes(const Attrs& attrs)
      : pictures(attrs.integer("pictures")),
        rows(attrs.integer("rows")),
        columns(attrs.integer("columns")),
        channels(attrs.integer("channels")),
        height(attrs.integer("height")),
        width(attrs.integer("width")) {}
};

/// out = a p + b q
inline void blend(const float* p, float a, const float* q, float b, int64_t count, float* out) {
  for_lanes(count,
            [&]<class V>(int64_t i) { store_as(out + i, load_as<V>(p + i) * a + load_as<V>(q + i) * b); });
}

/// out += a p
inline void add_scaled(const float* p, float a, int64_t count, float* out) {
  for_lanes(count,
            [&]<class V>(int64_t i) { store_as(out + i, load_as<V>(out + i) + load_as<V>(p + i) * a); });
}

// y[n][i][j] = sum_r sum_c a_ir b_jc x[n][r][c]
void upsample(const Call& call) {
  const Sizes s(call.attrs);
  const float* x = call.in(0).f32();
  float* y = call.out(0).f32();
  const int64_t row = s.columns * s.channels;
  parallel_for(s.pictures * s.height, 1, [&](int64_t, int64_t task, int64_t) {
    const Between r = between(task % s.height, s.rows, s.height);
    const float* picture = x + task / s.height * s.rows * row;
    Scratch scratch;
    float* blended = scratch.floats(row);
    blend(picture + r.before * row, r.of_before, picture + r.after * row, r.of_after, row, blended);
    float* to = y + task * s.width * s.channels;
    for (int64_t j = 0; j < s.width; j++, to += s.channels) {
      const Between c = between(j, s.columns, s.width);
      blend(blended + c.before * s.channels, c.of_before, blended + c.after * s.channels, c.of_after,
            s.channels, to);
    }
  });
}

// dx[n][r][c] = sum_i sum_j a_ir b_jc dy[n][i][j], added in the order of i, and in each of these of j
void upsample_grad(const Call& call) {
  const Sizes s(call.attrs);
  const float* dy = call.in(0).f32();
  float* dx = call.out(0).f32();
  const int64_t piece = s.pictures < kManyPictures ? std::min(kChannels, s.channels) : s.channels;
  const int64_t pieces = chunk_count(s.channels, piece);
  parallel_for(s.pictures * pieces, 1, [&](int64_t, int64_t task, int64_t) {
    const int64_t picture = task / pieces, first = task % pieces * piece,
                  count = std::min(piece, s.channels - first);
    float* to = dx + picture * s.rows * s.columns * s.channels + first;
    for (int64_t k = 0; k < s.rows * s.columns; k++) std::fill_n(to + k * s.channels, count, 0.0f);
    Scratch scratch;
    float* row = scratch.floats(s.columns * count);
    for (int64_t i = 0; i < s.height; i++) {
      const float* from = dy + (picture * s.height + i) * s.width * s.channels + first;
      std::fill_n(row, s.columns * count, 0.0f);
      for (int64_t j = 0; j < s.width; j++, from += s.channels) {
        const Between c = between(j, s.columns, s.width);
        add_scaled(from, c.of_before, count, row + c.before * count);
        add_scaled(from, c.of_after, count, row + c.after * count);
      }
      const Between r = between(i, s.rows, s.height);
      for (int64_t c = 0; c < s.columns; c++) {
        add_scaled(row + c * count, r.of_before, count, to + (r.before * s.columns + c) * s.channels);
        add_scaled(row + c * count, r.of_after, count, to + (r.after * s.columns + c) * s.channels);
      }
    }
  });
}

UNNAS_KERNEL("upsample", upsample);
UNNAS_KERNEL("upsample_grad", upsample_grad);

}  // namespace
}  // namespace unnas::UNNAS_ISA
