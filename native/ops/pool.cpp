// Max and average pooling of NHWC maps. Both split into a pass over the rows of a window and one over its
// columns: 3 + 3 instead of 9 loads for a 3x3 window.
#include <algorithm>
#include <limits>
#include <memory>

#include "core/lanes.h"

namespace unnas::UNNAS_ISA {
namespace {

struct Range {
  int64_t begin, end;
  int64_t size() const { return end > begin ? end - begin : 0; }
};

/// One direction, height or width, of the windows. Padding takes no part in a maximum or an average.
struct Axis {
  int64_t in, out, filter, stride, pad;

  /// Filter taps of output o that lie inside the map.
  Range taps(int64_t o) const {
    int64_t corner = o * stride - pad;
    return {std::max<int64_t>(0, -corner), std::min(filter, in - corner)};
  }
  /// Outputs whose windows hold input i.
  Range holders(int64_t i) const {
    int64_t last = i + pad, first = last - filter + 1;
    return {first <= 0 ? 0 : (first + stride - 1) / stride, std::min(out, last / stride + 1)};
  }
  /// Outputs that have input inside the map under this tap.
  Range covered(int64_t tap) const {
    int64_t before = pad - tap;
    int64_t begin = before <= 0 ? 0 : (before + stride - 1) / stride;
    int64_t last = in - 1 + pad - tap;
    return {begin, last < 0 ? 0 : std::min(out, last / stride + 1)};
  }
};

struct Geometry {
  int64_t batch, channels;
  Axis rows, columns;

  explicit Geometry(const Attrs& attrs)
      : batch(attrs.integer("batch")),
        channels(attrs.integer("channels")),
        rows{attrs.integer("height"), attrs.integer("outHeight"), attrs.integer("filterHeight"),
             attrs.integer("strideHeight"), attrs.integer("padTop")},
        columns{attrs.integer("width"), attrs.integer("outWidth"), attrs.integer("filterWidth"),
                attrs.integer("strideWidth"), attrs.integer("padLeft")} {}

  int64_t in_row() const { return columns.in * channels; }
  int64_t out_row() const { return columns.out * channels; }
};

constexpr int64_t kTask = 1 << 15;  // floats of the input map that make up a task

std::unique_ptr<float[]> row_buffer(int64_t floats) {
  return std::unique_ptr<float[]>(new float[static_cast<size_t>(floats)]);
}

struct Maximum {
  static constexpr float start = -std::numeric_limits<float>::infinity();
  template <class V>
  static V combine(V so_far, V x) {
    return x > so_far ? x : so_far;  // NaN never wins, as in stock tfjs
  }
  static float weight(int64_t) { return 1; }
};

struct Average {
  static constexpr float start = 0;
  template <class V>
  static V combine(V so_far, V x) {
    return so_far + x;
  }
  static float weight(int64_t count) { return 1.0f / static_cast<float>(count); }
};

// y[o] = max or mean of x over the window of o, without padding.
template <class Reduction>
void pool(const Call& call) {
  const Geometry g(call.attrs);
  const float* x = call.in(0).f32();
  float* y = call.out(0).f32();
  const int64_t channels = g.channels, in_row = g.in_row(), out_row = g.out_row();

  auto pool_row = [&](const float* map, int64_t oh, float* out, float* column) {
    const Range taps = g.rows.taps(oh);
    const float* top = map + (oh * g.rows.stride - g.rows.pad) * in_row;
    for_lanes(in_row, [&]<class V>(int64_t i) {
      V value = splat<V>(Reduction::start);
      for (int64_t r = taps.begin; r < taps.end; r++)
        value = Reduction::combine(value, load_as<V>(top + r * in_row + i));
      store_as(column + i, value);
    });
    for (int64_t ow = 0; ow < g.columns.out;) {
      const Range across = g.columns.taps(ow);
      // Neighbours at stride 1 whose windows lie inside the map make up one long row.
      int64_t run = 1;
      if (g.columns.stride == 1 && across.size() == g.columns.filter)
        run = std::max<int64_t>(1, g.columns.in + g.columns.pad - g.columns.filter + 1 - ow);
      run = std::min(run, g.columns.out - ow);
      const float* left = column + (ow * g.columns.stride - g.columns.pad) * channels;
      const float weight = Reduction::weight(taps.size() * across.size());
      for_lanes(run * channels, [&]<class V>(int64_t i) {
        V value = splat<V>(Reduction::start);
        for (int64_t c = across.begin; c < across.end; c++)
          value = Reduction::combine(value, load_as<V>(left + c * channels + i));
        store_as(out + ow * channels + i, value * weight);
      });
      ow += run;
    }
  };

  const int64_t grain = pixels_for(kTask, in_row * g.rows.stride);
  parallel_for(g.batch * g.rows.out, grain, [&](int64_t, int64_t begin, int64_t end) {
    auto column = row_buffer(in_row);
    for (int64_t row = begin; row < end; row++) {
      const int64_t n = row / g.rows.out, oh = row % g.rows.out;
      pool_row(x + n * g.rows.in * in_row, oh, y + row * out_row, column.get());
    }
  });
}

// dx[i] = sum over the windows that hold i of dy[o] / size of window o. Stock tfjs divides by the whole
// filter (countPadding); PyTorch's count_include_pad = false by the part inside the map.
void average_pool_grad(const Call& call) {
  const Geometry g(call.attrs);
  const bool count_padding = call.attrs.flag("countPadding");
  const float* dy = call.in(0).f32();
  float* dx = call.out(0).f32();
  const int64_t channels = g.channels, in_row = g.in_row(), out_row = g.out_row();
  const int64_t filter = g.rows.filter * g.columns.filter;

  auto gradient_row = [&](const float* map, int64_t ih, float* out, float* column) {
    const Range holders = g.rows.holders(ih);
    for (int64_t ow = 0; ow < g.columns.out; ow++) {
      const int64_t across = g.columns.taps(ow).size();
      for_lanes(channels, [&]<class V>(int64_t c) {
        V value{};
        for (int64_t oh = holders.begin; oh < holders.end; oh++) {
          const int64_t count = count_padding ? filter : g.rows.taps(oh).size() * across;
          value += load_as<V>(map + oh * out_row + ow * channels + c) * (1.0f / static_cast<float>(count));
        }
        store_as(column + ow * channels + c, value);
      });
    }
    for (int64_t iw = 0; iw < g.columns.in; iw++) {
      const Range across = g.columns.holders(iw);
      for_lanes(channels, [&]<class V>(int64_t c) {
        V value{};
        for (int64_t ow = across.begin; ow < across.end; ow++)
          value += load_as<V>(column + ow * channels + c);
        store_as(out + iw * channels + c, value);
      });
    }
  };

  parallel_for(g.batch * g.rows.in, pixels_for(kTask, in_row), [&](int64_t, int64_t begin, int64_t end) {
    auto column = row_buffer(out_row);
    for (int64_t row = begin; row < end; row++) {
      const int64_t n = row / g.rows.in, ih = row % g.rows.in;
      gradient_row(dy + n * g.rows.out * out_row, ih, dx + row * in_row, column.get());
    }
  });
}

// Where in its window each output of a row has its maximum: tap row * filter width + tap column, the first in
// this order where several are equal; negative where the window has nothing above -infinity. Kept as floats.
void maximum_positions(const Geometry& g, const float* map, int64_t oh, float* value, float* tap,
                       float* position) {
  const int64_t channels = g.channels, in_row = g.in_row();
  const Range taps = g.rows.taps(oh);
  const float* top = map + (oh * g.rows.stride - g.rows.pad) * in_row;
  for_lanes(in_row, [&]<class V>(int64_t i) {
    V best = splat<V>(Maximum::start), where = splat<V>(-1);
    for (int64_t r = taps.begin; r < taps.end; r++) {
      const V x = load_as<V>(top + r * in_row + i);
      where = x > best ? splat<V>(static_cast<float>(r)) : where;
      best = x > best ? x : best;
    }
    store_as(value + i, best);
    store_as(tap + i, where * static_cast<float>(g.columns.filter));
  });
  for (int64_t ow = 0; ow < g.columns.out; ow++) {
    const Range across = g.columns.taps(ow);
    const int64_t left = (ow * g.columns.stride - g.columns.pad) * channels;
    for_lanes(channels, [&]<class V>(int64_t c) {
      V best = splat<V>(Maximum::start), where = splat<V>(-1);
      for (int64_t t = across.begin; t < across.end; t++) {
        const V x = load_as<V>(value + left + t * channels + c);
        const V here = load_as<V>(tap + left + t * channels + c) + static_cast<float>(t);
        // Among equal ones the higher row comes first; within a row the earlier column was seen before.
        const auto better = (x > best) | ((x == best) & (here < where));
        where = better ? here : where;
        best = better ? x : best;
      }
      store_as(position + ow * channels + c, where);
    });
  }
}

// dx[i] = sum of dy[o] over the windows o that have their first maximum at i.
void max_pool_grad(const Call& call) {
  const Geometry g(call.attrs);
  const float *x = call.in(0).f32(), *dy = call.in(1).f32();
  float* dx = call.out(0).f32();
  const int64_t channels = g.channels, in_row = g.in_row(), out_row = g.out_row();
  // A task is a band of input rows; windows that reach over its edge are looked at by both neighbours.
  const int64_t band = std::min(g.rows.in, std::max<int64_t>(8, pixels_for(kTask, in_row)));
  const int64_t bands = chunk_count(g.rows.in, band);

  parallel_for(g.batch * bands, 1, [&](int64_t, int64_t task, int64_t) {
    const int64_t n = task / bands, first = task % bands * band, last = std::min(g.rows.in, first + band) - 1;
    const float* map = x + n * g.rows.in * in_row;
    const float* gradient = dy + n * g.rows.out * out_row;
    float* target = dx + n * g.rows.in * in_row;
    auto value = row_buffer(in_row), tap = row_buffer(in_row), position = row_buffer(out_row);
    std::fill(target + first * in_row, target + (last + 1) * in_row, 0.0f);
    for (int64_t oh = g.rows.holders(first).begin; oh < g.rows.holders(last).end; oh++) {
      maximum_positions(g, map, oh, value.get(), tap.get(), position.get());
      const Range taps = g.rows.taps(oh);
      for (int64_t r = taps.begin; r < taps.end; r++) {
        const int64_t ih = oh * g.rows.stride - g.rows.pad + r;
        if (ih < first || ih > last) continue;
        for (int64_t c = 0; c < g.columns.filter; c++) {
          const float wanted = static_cast<float>(r * g.columns.filter + c);
          const Range outputs = g.columns.covered(c);
          const int64_t run = g.columns.stride == 1 ? outputs.size() : 1;
          for (int64_t ow = outputs.begin; ow < outputs.end; ow += run) {
            float* to = target + ih * in_row + (ow * g.columns.stride - g.columns.pad + c) * channels;
            const float* from = gradient + oh * out_row + ow * channels;
            const float* where = position.get() + ow * channels;
            for_lanes(run * channels, [&]<class V>(int64_t i) {
              const V here = load_as<V>(where + i) == splat<V>(wanted) ? load_as<V>(from + i) : V{};
              store_as(to + i, load_as<V>(to + i) + here);
            });
          }
        }
      }
    }
  });
}

UNNAS_KERNEL("max_pool", pool<Maximum>);
UNNAS_KERNEL("average_pool", pool<Average>);
UNNAS_KERNEL("average_pool_grad", average_pool_grad);
UNNAS_KERNEL("max_pool_grad", max_pool_grad);

}  // namespace
}  // namespace unnas::UNNAS_ISA
