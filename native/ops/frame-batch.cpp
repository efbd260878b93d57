// Views of pictures, normalised, and where asked their quarter turns counter-clockwise.
#include <cstring>

#include "ops/channels.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kBand = 16;  // rows that make up a task: a turn of them is written in runs of cache lines

/// (v / 255 + lighting - mean) / deviation for each channel, in doubles and in this order, as the reference.
class Normaliser {
 public:
  Normaliser(const Attrs& attrs, const float* lighting) : lighting_(lighting) {
    const auto mean = attrs.numbers("mean"), deviation = attrs.numbers("deviation");
    mean_ = Channels::from([&](int c) { return mean[static_cast<size_t>(c)]; });
    deviation_ = Channels::from([&](int c) { return deviation[static_cast<size_t>(c)]; });
    if (lighting != nullptr) return;
    for (int v = 0; v < 256; v++)
      for (int c = 0; c < 3; c++) table_[v][c] = normal(v, 0, c);
  }

  /// A row of a window of picture `index`: what is visible, and zeros beside it.
  void row(PictureWindow& window, int64_t row, int64_t size, int64_t index, float* out) const {
    if (row < window.rows().begin || row >= window.rows().end) {
      std::fill(out, out + size * 3, 0.0f);
      return;
    }
    const Range visible = window.columns();
    std::fill(out, out + visible.begin * 3, 0.0f);
    float* to = out + visible.begin * 3;
    if (lighting_ == nullptr && !window.resized()) {
      // Looked up: two divisions cost more than all the rest.
      const uint8_t* from = window.bytes(row);
      for (int64_t i = 0; i < visible.size() * 3; i += 3)
        for (int c = 0; c < 3; c++) to[i + c] = table_[from[i + c]][c];
    } else {
      const float* from = window.values(row);
      const auto light =
          Channels::from([&](int c) { return lighting_ == nullptr ? 0.0 : lighting_[index * 3 + c]; });
      for_values(visible.size(), [&](int64_t i, int k) { to[i] = normal(from[i], light.value[k], k); });
    }
    std::fill(out + visible.end * 3, out + size * 3, 0.0f);
  }

 private:
  float normal(double value, double light, int k) const {
    return static_cast<float>((value / 255 + light - mean_.value[k]) / deviation_.value[k]);
  }

  const float* lighting_;
  Channels mean_, deviation_;
  float table_[256][3];
};

/// Copies `count` pixels that lie `stride` floats apart to a run of pixels.
inline void gather_pixels(const float* from, int64_t stride, int64_t count, float* to) {
  // Four floats at a time, the last of them for the next pixel to replace; what lies behind the run stays.
  for (int64_t i = 0; i + 1 < count; i++) std::memcpy(to + 3 * i, from + i * stride, 16);
  std::memcpy(to + 3 * (count - 1), from + (count - 1) * stride, 12);
}

/// The further turns of rows [begin, begin + count) of a picture, which lie `stride` floats apart:
/// one turn[size - 1 - c][r] = two turns[size - 1 - r][size - 1 - c] = three turns[c][size - 1 - r] =
/// rows[r][c]
void write_turns(const float* rows, int64_t stride, int64_t begin, int64_t count, int64_t size, float* x) {
  const int64_t values = size * size * 3, end = begin + count;
  float *one = x + values, *two = one + values, *three = two + values;
  for (int64_t r = 0; r < count; r++)
    gather_pixels(rows + r * stride + (size - 1) * 3, -3, size, two + (size - 1 - begin - r) * size * 3);
  for (int64_t c = 0; c < size; c++) {
    gather_pixels(rows + c * 3, stride, count, one + ((size - 1 - c) * size + begin) * 3);
    gather_pixels(rows + (count - 1) * stride + c * 3, -stride, count, three + (c * size + size - end) * 3);
  }
}

// x[i][t] = the view of picture i after t quarter turns; inputs: views, lighting (or nothing), pictures..
void frame_batch(const Call& call) {
  const int64_t size = call.attrs.integer("size"), turns = call.attrs.integer("turns");
  const int64_t pictures = static_cast<int64_t>(call.inputs.size()) - 2, values = size * size * 3;
  const Normaliser normaliser(call.attrs, lighting_of(call.in(1)));
  float* x = call.out(0).f32();
  const int64_t bands = chunk_count(size, kBand);
  parallel_for(pictures * bands, 1, [&](int64_t, int64_t task, int64_t) {
    const int64_t picture = task / bands, begin = task % bands * kBand, end = std::min(size, begin + kBand);
    Scratch scratch;
    PictureWindow window(call.in(static_cast<size_t>(picture + 2)).u8(), view_of(call.in(0), picture), size,
                         {begin, end}, {0, size}, scratch);
    float* upright = x + picture * turns * values + begin * size * 3;
    if (turns == 1) {
      for (int64_t r = begin; r < end; r++)
        normaliser.row(window, r, size, picture, upright + (r - begin) * size * 3);
      return;
    }
    const int64_t stride = size * 3 + 1;  // room for the fourth float of the last pixel
    float* rows = scratch.floats((end - begin) * stride);
    for (int64_t r = begin; r < end; r++) {
      float* row = rows + (r - begin) * stride;
      normaliser.row(window, r, size, picture, row);
      row[size * 3] = 0;
      std::memcpy(upright + (r - begin) * size * 3, row, static_cast<size_t>(size) * 12);
    }
    write_turns(rows, stride, begin, end - begin, size, x + picture * turns * values);
  });
}

UNNAS_KERNEL("frame_batch", frame_batch);

}  // namespace
}  // namespace unnas::UNNAS_ISA
