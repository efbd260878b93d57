#include "core/simd.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kGrain = 1 << 15;

// y = max(x, 0). NaN stays NaN.
void relu(const Call& call) {
  const float* x = call.in(0).f32();
  float* y = call.out(0).f32();
  parallel_for(static_cast<int64_t>(call.in(0).size), kGrain, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) y[i] = x[i] < 0 ? 0.0f : x[i];
  });
}

// dx = dy where x > 0, else 0 (the derivative at exactly 0 is 0).
void relu_grad(const Call& call) {
  const float *x = call.in(0).f32(), *dy = call.in(1).f32();
  float* dx = call.out(0).f32();
  parallel_for(static_cast<int64_t>(call.in(0).size), kGrain, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) dx[i] = x[i] > 0 ? dy[i] : 0.0f;
  });
}

UNNAS_KERNEL("relu", relu);
UNNAS_KERNEL("relu_grad", relu_grad);

}  // namespace
}  // namespace unnas::UNNAS_ISA
