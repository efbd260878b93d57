// Max and average pooling of NHWC maps. Both split into a pass over the rows of a window and one over its
// columns: 3 + 3 instead of 9 loads for a 3x3 window.
#include <algorithm>
#include <limits>

#include "core/lanes.h"
#include "core/scratch.h"
#include "core/with-count.h"

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

/// body(o, run, taps) for all outputs in order. At stride 1 the outputs whose windows lie inside the map make
/// up one long run: with the channels side by side, it is a single row of numbers.
template <class Body>
void for_output_runs(const Axis& axis, Body&& body) {
  for (int64_t o = 0, run; o < axis.out; o += run) {
    const Range taps = axis.taps(o);
    const int64_t inside_until = std::min(axis.out, axis.in + axis.pad - axis.filter + 1);
    run = axis.stride == 1 && taps.size() == axis.filter ? inside_until - o : 1;
    body(o, run, taps);
  }
}

/// body(i, run, holders) for all inputs in order, the same seen from the inputs: all of a run have a whole
/// filter of windows over them, shifted along.
template <class Body>
void for_input_runs(const Axis& axis, Body&& body) {
  for (int64_t i = 0, run; i < axis.in; i += run) {
    const Range holders = axis.holders(i);
    run = axis.stride == 1 && holders.size() == axis.filter ? std::min(axis.in, axis.out - axis.pad) - i : 1;
    body(i, run, holders);
  }
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

  const int64_t grain = pixels_for(kTask, in_row * g.rows.stride);
  parallel_for(g.batch * g.rows.out, grain, [&](int64_t, int64_t begin, int64_t end) {
    Scratch scratch;
    float* column = scratch.floats(in_row);
    for (int64_t row = begin; row < end; row++) {
      const int64_t n = row / g.rows.out, oh = row % g.rows.out;
      const Range down = g.rows.taps(oh);
      const float* top = x + (n * g.rows.in + oh * g.rows.stride - g.rows.pad + down.begin) * in_row;
      with_count(down.size(), [&](auto count) {
        for_lanes(in_row, [&]<class V>(int64_t i) {
          V value = splat<V>(Reduction::start);
          for (int64_t r = 0; r < count; r++)
            value = Reduction::combine(value, load_as<V>(top + r * in_row + i));
          store_as(column + i, value);
        });
      });
      for_output_runs(g.columns, [&](int64_t ow, int64_t run, Range across) {
        const float* left = column + (ow * g.columns.stride - g.columns.pad + across.begin) * channels;
        float* out = y + row * out_row + ow * channels;
        const float weight = Reduction::weight(down.size() * across.size());
        with_count(across.size(), [&](auto count) {
          for_lanes(run * channels, [&]<class V>(int64_t i) {
            V value = splat<V>(Reduction::start);
            for (int64_t c = 0; c < count; c++)
              value = Reduction::combine(value, load_as<V>(left + c * channels + i));
            store_as(out + i, value * weight);
          });
        });
      });
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

  Scratch shared;
  float* weights = shared.floats(g.rows.out * g.columns.out);
  for (int64_t oh = 0; oh < g.rows.out; oh++)
    for (int64_t ow = 0; ow < g.columns.out; ow++)
      weights[oh * g.columns.out + ow] =
          Average::weight(count_padding ? g.rows.filter * g.columns.filter
                                        : g.rows.taps(oh).size() * g.columns.taps(ow).size());

  parallel_for(g.batch * g.rows.in, pixels_for(kTask, in_row), [&](int64_t, int64_t begin, int64_t end) {
    Scratch scratch;
    float* column = scratch.floats(out_row);
    for (int64_t row = begin; row < end; row++) {
      const int64_t n = row / g.rows.in, ih = row % g.rows.in;
      const Range down = g.rows.holders(ih);
      const float* top = dy + (n * g.rows.out + down.begin) * out_row;
      with_count(down.size(), [&](auto count) {
        for (int64_t ow = 0; ow < g.columns.out; ow++) {
          const float* weight = weights + down.begin * g.columns.out + ow;
          for_lanes(channels, [&]<class V>(int64_t c) {
            V value{};
            for (int64_t r = 0; r < count; r++)
              value += load_as<V>(top + r * out_row + ow * channels + c) * weight[r * g.columns.out];
            store_as(column + ow * channels + c, value);
          });
        }
      });
      for_input_runs(g.columns, [&](int64_t iw, int64_t run, Range across) {
        const float* left = column + across.begin * channels;
        float* out = dx + row * in_row + iw * channels;
        with_count(across.size(), [&](auto count) {
          for_lanes(run * channels, [&]<class V>(int64_t i) {
            V value{};
            for (int64_t c = 0; c < count; c++) value += load_as<V>(left + c * channels + i);
            store_as(out + i, value);
          });
        });
      });
    }
  });
}

// Where in its window each output of a row has its maximum: tap row * filter width + tap column, the first in
// this order where several are equal; negative where the window has nothing above -infinity. Kept as floats.
void maximum_positions(const Geometry& g, const float* map, int64_t oh, float* value, float* tap,
                       float* position) {
  const int64_t channels = g.channels, in_row = g.in_row();
  const float width = static_cast<float>(g.columns.filter);
  const Range down = g.rows.taps(oh);
  const float* top = map + (oh * g.rows.stride - g.rows.pad + down.begin) * in_row;
  with_count(down.size(), [&](auto count) {
    for_lanes(in_row, [&]<class V>(int64_t i) {
      V best = splat<V>(Maximum::start), where = splat<V>(-width);
      for (int64_t r = 0; r < count; r++) {
        const V x = load_as<V>(top + r * in_row + i);
        where = x > best ? splat<V>(static_cast<float>(down.begin + r) * width) : where;
        best = x > best ? x : best;
      }
      store_as(value + i, best);
      store_as(tap + i, where);
    });
  });
  for_output_runs(g.columns, [&](int64_t ow, int64_t run, Range across) {
    const int64_t left = (ow * g.columns.stride - g.columns.pad + across.begin) * channels;
    with_count(across.size(), [&](auto count) {
      for_lanes(run * channels, [&]<class V>(int64_t i) {
        V best = splat<V>(Maximum::start), where = splat<V>(-1);
        for (int64_t c = 0; c < count; c++) {
          const V x = load_as<V>(value + left + c * channels + i);
          const V here = load_as<V>(tap + left + c * channels + i) + static_cast<float>(across.begin + c);
          // Among equal ones the higher row comes first; within a row the earlier column was seen before.
          const auto better = (x > best) | ((x == best) & (here < where));
          where = better ? here : where;
          best = better ? x : best;
        }
        store_as(position + ow * channels + i, where);
      });
    });
  });
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
    const float* top = dy + n * g.rows.out * out_row;
    const Range windows{g.rows.holders(first).begin, g.rows.holders(last).end};
    Scratch scratch;
    float *value = scratch.floats(in_row), *tap_row = scratch.floats(in_row);
    float* positions = scratch.floats(windows.size() * out_row);
    for (int64_t oh = windows.begin; oh < windows.end; oh++)
      maximum_positions(g, x + n * g.rows.in * in_row, oh, value, tap_row,
                        positions + (oh - windows.begin) * out_row);

    for (int64_t ih = first; ih <= last; ih++) {
      const Range down = g.rows.holders(ih);
      // The tap under which the first of the windows over this row holds it; it falls from window to window.
      const int64_t row_tap = ih + g.rows.pad - down.begin * g.rows.stride;
      const float* gradient = top + down.begin * out_row;
      const float* where = positions + (down.begin - windows.begin) * out_row;
      for_input_runs(g.columns, [&](int64_t iw, int64_t run, Range across) {
        const int64_t column_tap = iw + g.columns.pad - across.begin * g.columns.stride;
        const int64_t left = across.begin * channels;
        float* out = dx + (n * g.rows.in + ih) * in_row + iw * channels;
        with_count(down.size(), [&](auto windows_down) {
          with_count(across.size(), [&](auto windows_across) {
            for_lanes(run * channels, [&]<class V>(int64_t i) {
              V value{};
              for (int64_t r = 0; r < windows_down; r++)
                for (int64_t c = 0; c < windows_across; c++) {
                  const int64_t at = r * out_row + left + c * channels + i;
                  const int64_t tap =
                      (row_tap - r * g.rows.stride) * g.columns.filter + column_tap - c * g.columns.stride;
                  const V here = splat<V>(static_cast<float>(tap));
                  value += load_as<V>(where + at) == here ? load_as<V>(gradient + at) : V{};
                }
              store_as(out + i, value);
            });
          });
        });
      });
    }
  });
}

UNNAS_KERNEL("max_pool", pool<Maximum>);
UNNAS_KERNEL("average_pool", pool<Average>);
UNNAS_KERNEL("average_pool_grad", average_pool_grad);
UNNAS_KERNEL("max_pool_grad", max_pool_grad);

}  // namespace
}  // namespace unnas::UNNAS_ISA
