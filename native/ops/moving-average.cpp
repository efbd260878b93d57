// The running statistics of all batch norms of a network at once. Inputs are two groups of `count` tensors.
#include "ops/tensor-list.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kTask = 1 << 13;  // elements of a tensor that make up a task

// y_i = (1 - portion) old_i + portion scales_i new_i
// inputs: old.., new..; outputs: y..
void moving_average(const Call& call) {
  const size_t count = static_cast<size_t>(call.attrs.integer("count"));
  const double portion = call.attrs.number("portion");
  const auto scales = call.attrs.numbers("scales");
  const auto parts = pieces(call.inputs.subspan(0, count), kTask);
  // Most tensors have a few dozen elements, so a task takes many.
  parallel_for(static_cast<int64_t>(parts.size()), 64, [&](int64_t, int64_t first, int64_t last) {
    for (int64_t index = first; index < last; index++) {
      const auto [t, begin, end] = parts[static_cast<size_t>(index)];
      const float *old = call.in(t).f32() + begin, *seen = call.in(count + t).f32() + begin;
      float* y = call.out(t).f32() + begin;
      const float keep = static_cast<float>(1 - portion), take = static_cast<float>(portion * scales[t]);
      for_lanes(end - begin, [&]<class V>(int64_t i) {
        store_as(y + i, load_as<V>(old + i) * keep + load_as<V>(seen + i) * take);
      });
    }
  });
}

UNNAS_KERNEL("moving_average", moving_average);

}  // namespace
}  // namespace unnas::UNNAS_ISA
