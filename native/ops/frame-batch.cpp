// Views of pictures, normalised, and where asked their quarter turns counter-clockwise.
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "ops/channels.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kBand = 32;                  // rows that make up a task
constexpr int64_t kCached = int64_t{2} << 20;  // floats of a batch that caches may keep until it is used

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

/// Copies past the caches where the processor can: they would first read what is about to be overwritten.
inline void stream(const float* from, int64_t count, float* to) {
#if defined(__x86_64__)
  while (count > 0 && reinterpret_cast<uintptr_t>(to) % sizeof(vf) != 0) *to++ = *from++, count--;
  for (; count >= kLanes; count -= kLanes, from += kLanes, to += kLanes) {
#if defined(__AVX512F__)
    _mm512_stream_ps(to, load(from));
#elif defined(__AVX2__)
    _mm256_stream_ps(to, load(from));
#else
    _mm_stream_ps(to, load(from));
#endif
  }
#endif
  std::copy(from, from + count, to);
}

/// Other threads see what was streamed before they see that this one is done.
inline void finish_streams() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

/// Gathers `count` pixels that lie `stride` floats apart. There is room for one float behind them.
inline void gather_pixels(const float* from, int64_t stride, int64_t count, float* to) {
  // Four floats at a time, the last of them for the next pixel to replace.
  for (int64_t i = 0; i + 1 < count; i++) std::memcpy(to + 3 * i, from + i * stride, 16);
  std::memcpy(to + 3 * (count - 1), from + (count - 1) * stride, 12);
}

/// Writes the further turns of the picture x [size, size, 3] behind it:
/// one turn[size - 1 - c][r] = two turns[size - 1 - r][size - 1 - c] = three turns[c][size - 1 - r] = x[r][c]
/// Row by row, so that the writes are long runs; the picture was just made and is in the cache.
void write_turns(float* x, int64_t size, bool past_caches) {
  const int64_t row = size * 3, values = size * row;
  Scratch scratch;
  float* line = scratch.floats(row);
  const auto put = [&](float* to) {
    if (past_caches)
      stream(line, row, to);
    else
      std::memcpy(to, line, static_cast<size_t>(row) * sizeof(float));
  };
  for (int64_t c = size - 1; c >= 0; c--) {
    gather_pixels(x + c * 3, row, size, line);
    put(x + values + (size - 1 - c) * row);
  }
  for (int64_t r = size - 1; r >= 0; r--) {
    gather_pixels(x + r * row + row - 3, -3, size, line);
    put(x + 2 * values + (size - 1 - r) * row);
  }
  for (int64_t c = 0; c < size; c++) {
    gather_pixels(x + (size - 1) * row + c * 3, -row, size, line);
    put(x + 3 * values + c * row);
  }
  if (past_caches) finish_streams();
}

// x[i][t] = the view of picture i after t quarter turns; inputs: views, lighting (or nothing), pictures..
void frame_batch(const Call& call) {
  const int64_t size = call.attrs.integer("size"), turns = call.attrs.integer("turns");
  const int64_t pictures = static_cast<int64_t>(call.inputs.size()) - 2, values = size * size * 3;
  const Normaliser normaliser(call.attrs, lighting_of(call.in(1)));
  float* x = call.out(0).f32();
  const bool past_caches = pictures * turns * values >= kCached;
  // Turns need the whole of a picture.
  const int64_t band = turns == 1 ? kBand : size, bands = chunk_count(size, band);
  parallel_for(pictures * bands, 1, [&](int64_t, int64_t task, int64_t) {
    const int64_t picture = task / bands, begin = task % bands * band, end = std::min(size, begin + band);
    Scratch scratch;
    PictureWindow window(call.in(static_cast<size_t>(picture + 2)).u8(), view_of(call.in(0), picture), size,
                         {begin, end}, {0, size}, scratch);
    float* upright = x + picture * turns * values;
    for (int64_t r = begin; r < end; r++) normaliser.row(window, r, size, picture, upright + r * size * 3);
    if (turns == 4) write_turns(upright, size, past_caches);
  });
}

UNNAS_KERNEL("frame_batch", frame_batch);

}  // namespace
}  // namespace unnas::UNNAS_ISA
