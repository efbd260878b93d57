// Of each row the place of its largest value, the first of equal ones.
#include <limits>

#include "core/lanes.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kTask = 1 << 15;  // values that make up a task

// y[r] = the first k whose x[r][k] is the largest of the row; -1 where no value is larger than minus infinity
void first_largest(const Call& call) {
  const int64_t columns = call.attrs.integer("columns"), rows = static_cast<int64_t>(call.out(0).size);
  const float* x = call.in(0).f32();
  int32_t* y = call.out(0).i32();
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  parallel_for(rows, pixels_for(kTask, columns), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* row = x + r * columns;
      vf lanes = broadcast(kNone);
      int64_t k = 0;
      // In this order of the arguments what is no number gives way.
      for (; k + kLanes <= columns; k += kLanes) lanes = max(load(row + k), lanes);
      float largest = kNone;
      for (int lane = 0; lane < kLanes; lane++) largest = lanes[lane] > largest ? lanes[lane] : largest;
      for (; k < columns; k++) largest = row[k] > largest ? row[k] : largest;
      int64_t place = -1;
      if (largest > kNone)
        for (place = 0; row[place] != largest;) place++;
      y[r] = static_cast<int32_t>(place);
    }
  });
}

UNNAS_KERNEL("first_largest", first_largest);

}  // namespace
}  // namespace unnas::UNNAS_ISA
