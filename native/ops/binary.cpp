// z = a op b of two tensors that are broadcast against each other.
//
// TypeScript merges axes until the last one is either dense (stride 1) or broadcast (stride 0) for each
// operand: the sizes are `shape`, the distances of neighbours in elements `aStrides` and `bStrides`.
#include <algorithm>

#include "core/lanes.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kTask = 1 << 15;  // elements of z that make up a task

struct Add {
  template <class V>
  static V of(V a, V b) {
    return a + b;
  }
};
struct Subtract {
  template <class V>
  static V of(V a, V b) {
    return a - b;
  }
};
struct Multiply {
  template <class V>
  static V of(V a, V b) {
    return a * b;
  }
};
struct Divide {
  template <class V>
  static V of(V a, V b) {
    return a / b;
  }
};
// NaN wins, as in JavaScript's Math.max and Math.min.
struct Maximum {
  template <class V>
  static V of(V a, V b) {
    return (a > b) | (a != a) ? a : b;
  }
};
struct Minimum {
  template <class V>
  static V of(V a, V b) {
    return (a < b) | (a != a) ? a : b;
  }
};
/// `dense` operands have stride 1, the others repeat their first element.
template <class Operation, bool dense_a, bool dense_b>
void run_of(const float* a, const float* b, float* z, int64_t count) {
  for_lanes(count, [&]<class V>(int64_t i) {
    const V left = dense_a ? load_as<V>(a + i) : splat<V>(*a);
    const V right = dense_b ? load_as<V>(b + i) : splat<V>(*b);
    store_as(z + i, Operation::of(left, right));
  });
}

template <class Operation>
void binary(const Call& call) {
  const auto shape = call.attrs.numbers("shape"), a_strides = call.attrs.numbers("aStrides"),
             b_strides = call.attrs.numbers("bStrides");
  const float *a = call.in(0).f32(), *b = call.in(1).f32();
  float* z = call.out(0).f32();
  const size_t last = shape.size() - 1;
  const int64_t inner = static_cast<int64_t>(shape[last]);
  const int64_t a_step = static_cast<int64_t>(a_strides[last]),
                b_step = static_cast<int64_t>(b_strides[last]);
  const auto run = a_step == 0
                       ? (b_step == 0 ? run_of<Operation, false, false> : run_of<Operation, false, true>)
                   : b_step == 0 ? run_of<Operation, true, false>
                                 : run_of<Operation, true, true>;

  parallel_for(static_cast<int64_t>(call.out(0).size), kTask, [&](int64_t, int64_t begin, int64_t end) {
    int64_t row = begin / inner, at = begin % inner;
    for (int64_t i = begin; i < end; row++, at = 0) {
      const int64_t count = std::min(inner - at, end - i);
      int64_t a_at = at * a_step, b_at = at * b_step, rest = row;
      for (size_t axis = last; axis-- > 0;) {
        const int64_t size = static_cast<int64_t>(shape[axis]), index = axis == 0 ? rest : rest % size;
        a_at += index * static_cast<int64_t>(a_strides[axis]);
        b_at += index * static_cast<int64_t>(b_strides[axis]);
        if (axis > 0) rest /= size;
      }
      run(a + a_at, b + b_at, z + i, count);
      i += count;
    }
  });
}

// z = a_0 + a_1 + ... of tensors of one shape, added in this order.
void add_all(const Call& call) {
  float* z = call.out(0).f32();
  parallel_for(static_cast<int64_t>(call.out(0).size), kTask, [&](int64_t, int64_t begin, int64_t end) {
    for_lanes(end - begin, [&]<class V>(int64_t i) {
      V sum = load_as<V>(call.in(0).f32() + begin + i);
      for (size_t k = 1; k < call.inputs.size(); k++) sum += load_as<V>(call.in(k).f32() + begin + i);
      store_as(z + begin + i, sum);
    });
  });
}

UNNAS_KERNEL("add", binary<Add>);
UNNAS_KERNEL("subtract", binary<Subtract>);
UNNAS_KERNEL("multiply", binary<Multiply>);
UNNAS_KERNEL("divide", binary<Divide>);
UNNAS_KERNEL("maximum", binary<Maximum>);
UNNAS_KERNEL("minimum", binary<Minimum>);
UNNAS_KERNEL("add_all", add_all);

}  // namespace
}  // namespace unnas::UNNAS_ISA
