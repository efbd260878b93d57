#include <cmath>

#include "ops/tensor-list.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kTask = 1 << 13;  // elements of a tensor that make up a task

// The Euclidean norm of all elements of all inputs, added in double.
void global_norm(const Call& call) {
  const auto parts = pieces(call.inputs, kTask);
  std::vector<double> sums(parts.size());
  parallel_for(static_cast<int64_t>(parts.size()), 1, [&](int64_t, int64_t index, int64_t) {
    const auto [t, begin, end] = parts[static_cast<size_t>(index)];
    const float* x = call.in(t).f32();
    double lanes[16]{};
    int64_t i = begin;
    for (; i + 16 <= end; i += 16)
      for (int64_t j = 0; j < 16; j++)
        lanes[j] += static_cast<double>(x[i + j]) * static_cast<double>(x[i + j]);
    for (; i < end; i++) lanes[0] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    double sum = 0;
    for (double lane : lanes) sum += lane;
    sums[static_cast<size_t>(index)] = sum;
  });
  double total = 0;
  for (double sum : sums) total += sum;
  *call.out(0).f32() = static_cast<float>(std::sqrt(total));
}

UNNAS_KERNEL("global_norm", global_norm);

}  // namespace
}  // namespace unnas::UNNAS_ISA
