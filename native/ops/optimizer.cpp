// Steps of optimisers over all parameters of a network at once. The outputs hold the values before the step,
// and are moved in place: groups of as many tensors as there are gradients.
#include <cmath>

#include "ops/tensor-list.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kTask = 1 << 13;  // elements of a parameter that make up a task

// g' = scale g + weightDecay p; v' = momentum v + g'; p' = p - learningRate (nesterov ? g' + momentum v' :
// v') inputs: g..; outputs: p.., v..
void sgd_step(const Call& call) {
  const size_t count = call.inputs.size();
  const float scale = static_cast<float>(call.attrs.number("scale")),
              decay = static_cast<float>(call.attrs.number("weightDecay")),
              momentum = static_cast<float>(call.attrs.number("momentum")),
              rate = static_cast<float>(call.attrs.number("learningRate"));
  const bool nesterov = call.attrs.flag("nesterov");
  const auto parts = pieces(call.inputs, kTask);
  parallel_for(static_cast<int64_t>(parts.size()), 1, [&](int64_t, int64_t index, int64_t) {
    const auto [t, begin, end] = parts[static_cast<size_t>(index)];
    const float* g = call.in(t).f32() + begin;
    float *p = call.out(t).f32() + begin, *v = call.out(count + t).f32() + begin;
    for_lanes(end - begin, [&]<class V>(int64_t i) {
      const V gradient = load_as<V>(g + i) * scale + load_as<V>(p + i) * decay;
      const V speed = load_as<V>(v + i) * momentum + gradient;
      const V direction = nesterov ? gradient + speed * momentum : speed;
      store_as(v + i, speed);
      store_as(p + i, load_as<V>(p + i) - direction * rate);
    });
  });
}

// g' = scale g + weightDecay p; m' = beta1 m + (1 - beta1) g'; s' = beta2 s + (1 - beta2) g'^2;
// p' = p - learningRate / (1 - beta1^step) m' / (sqrt(s' / (1 - beta2^step)) + epsilon)
// inputs: g..; outputs: p.., m.., s..
void adam_step(const Call& call) {
  const size_t count = call.inputs.size();
  const double beta1 = call.attrs.number("beta1"), beta2 = call.attrs.number("beta2"),
               step = call.attrs.number("step");
  const float scale = static_cast<float>(call.attrs.number("scale")),
              decay = static_cast<float>(call.attrs.number("weightDecay")),
              epsilon = static_cast<float>(call.attrs.number("epsilon"));
  const float keep1 = static_cast<float>(beta1), take1 = static_cast<float>(1 - beta1),
              keep2 = static_cast<float>(beta2), take2 = static_cast<float>(1 - beta2);
  const float rate = static_cast<float>(call.attrs.number("learningRate") / (1 - std::pow(beta1, step)));
  const float correction = static_cast<float>(1 / (1 - std::pow(beta2, step)));
  const auto parts = pieces(call.inputs, kTask);
  parallel_for(static_cast<int64_t>(parts.size()), 1, [&](int64_t, int64_t index, int64_t) {
    const auto [t, begin, end] = parts[static_cast<size_t>(index)];
    const float* g = call.in(t).f32();
    float *p = call.out(t).f32(), *m = call.out(count + t).f32(), *s = call.out(2 * count + t).f32();
    for (int64_t i = begin; i < end; i++) {
      const float gradient = g[i] * scale + p[i] * decay;
      m[i] = m[i] * keep1 + gradient * take1;
      s[i] = s[i] * keep2 + gradient * gradient * take2;
      p[i] -= m[i] / (std::sqrt(s[i] * correction) + epsilon) * rate;
    }
  });
}

UNNAS_KERNEL("sgd_step", sgd_step);
UNNAS_KERNEL("adam_step", adam_step);

}  // namespace
}  // namespace unnas::UNNAS_ISA
