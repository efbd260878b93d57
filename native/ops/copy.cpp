// Concatenation, slicing and padding: rows of 4-byte elements that move. TypeScript merges the axes behind
// the last one that matters, so a row is as long as it can be.
#include <algorithm>

#include "core/simd.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kTask = 1 << 15;  // elements that make up a task

int64_t rows_for(int64_t row) { return std::max<int64_t>(1, kTask / std::max<int64_t>(1, row)); }

const char* bytes(const Span& span) { return static_cast<const char*>(span.data); }
void copy(void* to, const void* from, int64_t elements) {
  std::memcpy(to, from, static_cast<size_t>(elements) * 4);
}

// y[o] = x_0[o], x_1[o], ...: each input is `outer` rows of its own length.
void concat(const Call& call) {
  const int64_t outer = call.attrs.integer("outer"), total = static_cast<int64_t>(call.out(0).size) / outer;
  char* y = static_cast<char*>(call.out(0).data);
  parallel_for(outer, rows_for(total), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; o++) {
      char* to = y + o * total * 4;
      for (const Span& input : call.inputs) {
        const int64_t row = static_cast<int64_t>(input.size) / outer;
        copy(to, bytes(input) + o * row * 4, row);
        to += row * 4;
      }
    }
  });
}

// y_0[o], y_1[o], ... = x[o]: the way back.
void split(const Call& call) {
  const int64_t outer = call.attrs.integer("outer"), total = static_cast<int64_t>(call.in(0).size) / outer;
  parallel_for(outer, rows_for(total), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; o++) {
      const char* from = bytes(call.in(0)) + o * total * 4;
      for (const Span& output : call.outputs) {
        const int64_t row = static_cast<int64_t>(output.size) / outer;
        copy(static_cast<char*>(output.data) + o * row * 4, from, row);
        from += row * 4;
      }
    }
  });
}

// y[i, j, ...] = x[i + begin_0, j + begin_1, ...] for i < size_0, ...
void slice(const Call& call) {
  const auto shape = call.attrs.numbers("shape"), first = call.attrs.numbers("begin"),
             size = call.attrs.numbers("size");
  const size_t last = shape.size() - 1;
  const int64_t row = static_cast<int64_t>(size[last]);
  char* y = static_cast<char*>(call.out(0).data);
  parallel_for(
      static_cast<int64_t>(call.out(0).size) / row, rows_for(row), [&](int64_t, int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; r++) {
          int64_t from = static_cast<int64_t>(first[last]), stride = static_cast<int64_t>(shape[last]),
                  rest = r;
          for (size_t axis = last; axis-- > 0; rest /= static_cast<int64_t>(size[axis])) {
            from += (rest % static_cast<int64_t>(size[axis]) + static_cast<int64_t>(first[axis])) * stride;
            stride *= static_cast<int64_t>(shape[axis]);
          }
          copy(y + r * row * 4, bytes(call.in(0)) + from * 4, row);
        }
      });
}

// y = x with before_k rows of `value` in front of axis k and more behind it, up to `size`.
void pad(const Call& call) {
  const auto shape = call.attrs.numbers("shape"), before = call.attrs.numbers("before"),
             size = call.attrs.numbers("size");
  const float value = static_cast<float>(call.attrs.number("value"));
  const float* x = call.in(0).f32();
  float* y = call.out(0).f32();
  const size_t last = shape.size() - 1;
  const int64_t row = static_cast<int64_t>(size[last]), inside = static_cast<int64_t>(shape[last]),
                left = static_cast<int64_t>(before[last]);
  parallel_for(static_cast<int64_t>(call.out(0).size) / row, rows_for(row),
               [&](int64_t, int64_t begin, int64_t end) {
                 for (int64_t r = begin; r < end; r++) {
                   int64_t from = 0, stride = inside, rest = r;
                   bool outside = false;
                   for (size_t axis = last; axis-- > 0; rest /= static_cast<int64_t>(size[axis])) {
                     const int64_t index =
                         rest % static_cast<int64_t>(size[axis]) - static_cast<int64_t>(before[axis]);
                     outside = outside || index < 0 || index >= static_cast<int64_t>(shape[axis]);
                     from += index * stride;
                     stride *= static_cast<int64_t>(shape[axis]);
                   }
                   float* to = y + r * row;
                   if (outside) {
                     std::fill(to, to + row, value);
                     continue;
                   }
                   std::fill(to, to + left, value);
                   copy(to + left, x + from, inside);
                   std::fill(to + left + inside, to + row, value);
                 }
               });
}

UNNAS_KERNEL("concat", concat);
UNNAS_KERNEL("split", split);
UNNAS_KERNEL("slice", slice);
UNNAS_KERNEL("pad", pad);

}  // namespace
}  // namespace unnas::UNNAS_ISA
