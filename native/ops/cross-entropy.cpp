// Softmax cross-entropy of R rows of K logits with a label each, mean over the C rows whose label is not the
// one to ignore.
#include <algorithm>
#include <cmath>
#include <vector>

#include "ops/softmax.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kTask = 1 << 13;  // logits that make up a task

/// Labels come from outside and are addresses here.
int64_t checked_label(int32_t label, int64_t classes) {
  if (label < 0 || label >= classes) throw std::out_of_range("cross_entropy: a label is not a class");
  return label;
}

/// Label of rows that do not count; labels are not negative, so none by default.
int32_t ignored_label(const Call& call) { return static_cast<int32_t>(call.attrs.integer("ignore")); }

/// Rows that count, at least 1: where none does, the mean over them is 0.
double counted_rows(const Call& call) { return std::max(1.0, call.attrs.number("counted")); }

// loss = 1/C sum_r (log sum_k exp(x_rk) - x_r,label)
void cross_entropy(const Call& call) {
  const int64_t classes = call.attrs.integer("classes"), rows = static_cast<int64_t>(call.in(1).size);
  const float* logits = call.in(0).f32();
  const int32_t *labels = call.in(1).i32(), ignore = ignored_label(call);
  const int64_t grain = pixels_for(kTask, classes);
  std::vector<double> parts(static_cast<size_t>(chunk_count(rows, grain)));
  parallel_for(rows, grain, [&](int64_t task, int64_t begin, int64_t end) {
    double total = 0;
    for (int64_t r = begin; r < end; r++) {
      if (labels[r] == ignore) continue;
      const float* x = logits + r * classes;
      const auto [largest, sum] = exponential_sum(x, classes, nullptr);
      total += std::log(sum) +
               (static_cast<double>(largest) - static_cast<double>(x[checked_label(labels[r], classes)]));
    }
    parts[static_cast<size_t>(task)] = total;
  });
  double total = 0;
  for (double part : parts) total += part;
  *call.out(0).f32() = static_cast<float>(total / counted_rows(call));
}

// dlogits = dy / C (softmax(logits) - onehot(label)); inputs: logits, labels, dy (scalar)
void cross_entropy_grad(const Call& call) {
  const int64_t classes = call.attrs.integer("classes"), rows = static_cast<int64_t>(call.in(1).size);
  const float* logits = call.in(0).f32();
  const int32_t *labels = call.in(1).i32(), ignore = ignored_label(call);
  const float each = *call.in(2).f32() / static_cast<float>(counted_rows(call));
  float* dlogits = call.out(0).f32();
  parallel_for(rows, pixels_for(kTask, classes), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      float* row = dlogits + r * classes;
      if (labels[r] == ignore) {
        std::fill(row, row + classes, 0.0f);
        continue;
      }
      const double sum = exponential_sum(logits + r * classes, classes, row).sum;
      const float scale = static_cast<float>(static_cast<double>(each) / sum);
      for_lanes(classes, [&]<class V>(int64_t k) { store_as(row + k, load_as<V>(row + k) * scale); });
      row[checked_label(labels[r], classes)] -= each;
    }
  });
}

UNNAS_KERNEL("cross_entropy", cross_entropy);
UNNAS_KERNEL("cross_entropy_grad", cross_entropy_grad);

}  // namespace
}  // namespace unnas::UNNAS_ISA
