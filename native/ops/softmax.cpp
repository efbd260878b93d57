#include "ops/softmax.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kTask = 1 << 13;  // logits that make up a task

// y_k = exp(x_k - max x) / sum_j exp(x_j - max x) over the last axis, of `classes` elements.
void softmax(const Call& call) {
  const int64_t classes = call.attrs.integer("classes");
  const float* x = call.in(0).f32();
  float* y = call.out(0).f32();
  const int64_t rows = static_cast<int64_t>(call.in(0).size) / classes;
  parallel_for(rows, pixels_for(kTask, classes), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      float* row = y + r * classes;
      const float scale = static_cast<float>(1 / exponential_sum(x + r * classes, classes, row).sum);
      for_lanes(classes, [&]<class V>(int64_t k) { store_as(row + k, load_as<V>(row + k) * scale); });
    }
  });
}

UNNAS_KERNEL("softmax", softmax);

}  // namespace
}  // namespace unnas::UNNAS_ISA
