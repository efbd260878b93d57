// The running statistics of all batch norms of a network at once. The outputs hold the averages before, and
// are moved in place; each input has new values for as many of them, in turn, as it has room for.
#include "ops/tensor-list.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kTask = 1 << 13;  // elements of a tensor that make up a task

struct Row {
  const float* seen;
  float take;  // what the new values are multiplied with
};

// y_i = (1 - portion) y_i + portion scale_k new_i, new values from input k
// inputs: new..; outputs: y..
void moving_average(const Call& call) {
  const double portion = call.attrs.number("portion");
  const auto scales = call.attrs.numbers("scales");
  std::vector<Row> rows;
  rows.reserve(call.outputs.size());
  size_t input = 0, used = 0;
  for (const Span& average : call.outputs) {
    if (used == call.in(input).size) input++, used = 0;
    rows.push_back({call.in(input).f32() + used, static_cast<float>(portion * scales[input])});
    used += average.size;
  }
  const auto parts = pieces(call.outputs, kTask);
  // Most tensors have a few dozen elements, so a task takes many.
  parallel_for(static_cast<int64_t>(parts.size()), 64, [&](int64_t, int64_t first, int64_t last) {
    for (int64_t index = first; index < last; index++) {
      const auto [t, begin, end] = parts[static_cast<size_t>(index)];
      const float* seen = rows[t].seen + begin;
      float* y = call.out(t).f32() + begin;
      const float keep = static_cast<float>(1 - portion), take = rows[t].take;
      for_lanes(end - begin, [&]<class V>(int64_t i) {
        store_as(y + i, load_as<V>(y + i) * keep + load_as<V>(seen + i) * take);
      });
    }
  });
}

UNNAS_KERNEL("moving_average", moving_average);

}  // namespace
}  // namespace unnas::UNNAS_ISA
