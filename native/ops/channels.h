// Loops over rows of pixels whose three channels have numbers of their own.
#pragma once
#include <algorithm>

#include "ops/picture-window.h"

namespace unnas::UNNAS_ISA {
namespace {

/// The lighting of all pictures [n, 3], null where there is none.
inline const float* lighting_of(const Span& span) { return span.size == 0 ? nullptr : span.f32(); }

inline const View& view_of(const Span& views, int64_t index) {
  return reinterpret_cast<const View*>(views.i32())[index];
}

/// Eight pixels are whole registers, and the channels of their values are always the same.
constexpr int kPixels = 8;

/// Numbers of the channels, repeated for eight pixels.
struct Channels {
  double value[kPixels * 3];

  template <class OfChannel>
  static Channels from(OfChannel&& of_channel) {
    Channels channels;
    for (int k = 0; k < kPixels * 3; k++) channels.value[k] = of_channel(k % 3);
    return channels;
  }
};

/// body(i, k) for the values i of a row of pixels; k is the place of value i in a `Channels`.
template <class Body>
inline void for_values(int64_t pixels, Body&& body) {
  int64_t i = 0;
  for (; i + kPixels * 3 <= pixels * 3; i += kPixels * 3)
    for (int k = 0; k < kPixels * 3; k++) body(i + k, k);
  for (int k = 0; i + k < pixels * 3; k++) body(i + k, k);
}

}  // namespace
}  // namespace unnas::UNNAS_ISA
