// The sum of two lists of tensors, such as the weights of a network and a direction to move them in.
#include "ops/tensor-list.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kTask = 1 << 13;  // elements of a tensor that make up a task

// y = a + factor b; inputs: a.., b..; outputs: y..
void add_scaled(const Call& call) {
  const size_t count = call.outputs.size();
  const float factor = static_cast<float>(call.attrs.number("factor"));
  const auto parts = pieces(call.outputs, kTask);
  parallel_for(static_cast<int64_t>(parts.size()), 1, [&](int64_t, int64_t index, int64_t) {
    const auto [t, begin, end] = parts[static_cast<size_t>(index)];
    const float *a = call.in(t).f32() + begin, *b = call.in(count + t).f32() + begin;
    float* y = call.out(t).f32() + begin;
    // In two loops, so that the product is rounded as in ops of their own, and not fused with the sum.
    for_lanes(end - begin, [&]<class V>(int64_t i) { store_as(y + i, load_as<V>(b + i) * factor); });
    for_lanes(end - begin,
              [&]<class V>(int64_t i) { store_as(y + i, load_as<V>(a + i) + load_as<V>(y + i)); });
  });
}

UNNAS_KERNEL("add_scaled", add_scaled);

}  // namespace
}  // namespace unnas::UNNAS_ISA
