// Loops over channels of any number in the widest registers that fit.
//
// A body is a template over V, one register of floats: `vf`, then 16 bytes, then a single float for what is
// left. No body mixes lanes, so each element is computed alike whatever register it falls into.
#pragma once
#include "core/simd.h"

namespace unnas::UNNAS_ISA {

typedef float v4 __attribute__((vector_size(16)));

template <class V>
static inline V load_as(const float* p) {
  V v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <class V>
static inline void store_as(float* p, V v) {
  std::memcpy(p, &v, sizeof v);
}
template <class V>
static inline V splat(float x) {
  return V{} + x;
}

/// body<V>(i) for i in [0, count) in steps of V's lanes.
template <class Body>
static inline void for_lanes(int64_t count, Body&& body) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) body.template operator()<vf>(i);
  if constexpr (kLanes > 4)
    for (; i + 4 <= count; i += 4) body.template operator()<v4>(i);
  for (; i < count; i++) body.template operator()<float>(i);
}

/// body<V, P>(pixel, channel) over pixels [begin, end) and all channels: P = 4 pixels at once and then single
/// ones, so that what belongs to a channel is loaded once for four pixels.
template <class Body>
static inline void for_pixels(int64_t begin, int64_t end, int64_t channels, Body&& body) {
  int64_t p = begin;
  for (; p + 4 <= end; p += 4)
    for_lanes(channels, [&]<class V>(int64_t c) { body.template operator()<V, 4>(p, c); });
  for (; p < end; p++) for_lanes(channels, [&]<class V>(int64_t c) { body.template operator()<V, 1>(p, c); });
}

/// How many pixels make up a task of about `floats` numbers: it depends on the number of channels alone.
static inline int64_t pixels_for(int64_t floats, int64_t channels) {
  return channels >= floats ? 1 : floats / channels;
}

}  // namespace unnas::UNNAS_ISA
