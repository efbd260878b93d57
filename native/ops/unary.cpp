// y = f(x), element by element. Most loops are plain: the compiler makes vectors of them.
#include <cmath>

#include "core/lanes.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kTask = 1 << 15;  // elements that make up a task

template <class From, class Function>
void map(const Call& call, const From* x, Function function) {
  float* y = call.out(0).f32();
  parallel_for(static_cast<int64_t>(call.out(0).size), kTask, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) y[i] = function(x[i]);
  });
}

void negate(const Call& call) {
  map(call, call.in(0).f32(), [](float x) { return -x; });
}
void absolute(const Call& call) {
  map(call, call.in(0).f32(), [](float x) { return std::fabs(x); });
}
void square(const Call& call) {
  map(call, call.in(0).f32(), [](float x) { return x * x; });
}
void square_root(const Call& call) {
  map(call, call.in(0).f32(), [](float x) { return std::sqrt(x); });
}
// Rounded once, as in JavaScript, which has no other numbers than double.
void reciprocal_square_root(const Call& call) {
  map(call, call.in(0).f32(),
      [](float x) { return static_cast<float>(1 / std::sqrt(static_cast<double>(x))); });
}
void reciprocal(const Call& call) {
  map(call, call.in(0).f32(), [](float x) { return 1 / x; });
}

// 1 where x > 0, else alpha; NaN stays NaN. Written out in vectors: the compiler would make branches of it.
void step(const Call& call) {
  const float alpha = static_cast<float>(call.attrs.number("alpha"));
  const float* x = call.in(0).f32();
  float* y = call.out(0).f32();
  parallel_for(static_cast<int64_t>(call.out(0).size), kTask, [&](int64_t, int64_t begin, int64_t end) {
    for_lanes(end - begin, [&]<class V>(int64_t i) {
      const V at = load_as<V>(x + begin + i);
      const V otherwise = at == at ? splat<V>(alpha) : at;
      store_as(y + begin + i, at > V{} ? splat<V>(1) : otherwise);
    });
  });
}

void integers_to_floats(const Call& call) {
  map(call, call.in(0).i32(), [](int32_t x) { return static_cast<float>(x); });
}
void bytes_to_floats(const Call& call) {
  map(call, call.in(0).u8(), [](uint8_t x) { return static_cast<float>(x); });
}

UNNAS_KERNEL("negate", negate);
UNNAS_KERNEL("absolute", absolute);
UNNAS_KERNEL("square", square);
UNNAS_KERNEL("square_root", square_root);
UNNAS_KERNEL("reciprocal_square_root", reciprocal_square_root);
UNNAS_KERNEL("reciprocal", reciprocal);
UNNAS_KERNEL("step", step);
UNNAS_KERNEL("integers_to_floats", integers_to_floats);
UNNAS_KERNEL("bytes_to_floats", bytes_to_floats);

}  // namespace
}  // namespace unnas::UNNAS_ISA
