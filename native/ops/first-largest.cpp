// Which class of each row is the guess: the first of the largest values.
#include <limits>

#include "ops/channels.h"

namespace unnas::UNNAS_ISA {
namespace {

constexpr int64_t kTask = 1 << 15;  // values that make up a task

// guesses[r] = the first k whose x[r][k] is the largest of the row; -1 where no value is larger than minus
// infinity
void first_largest(const Call& call) {
  const int64_t classes = call.attrs.integer("classes"), rows = static_cast<int64_t>(call.out(0).size);
  const float* values = call.in(0).f32();
  int32_t* guesses = call.out(0).i32();
  parallel_for(rows, std::max<int64_t>(1, kTask / classes), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* row = values + r * classes;
      float best = -std::numeric_limits<float>::infinity();
      int32_t guess = -1;
      for (int64_t k = 0; k < classes; k++) {
        // A value that is no number is larger than none.
        if (row[k] > best) {
          best = row[k];
          guess = static_cast<int32_t>(k);
        }
      }
      guesses[r] = guess;
    }
  });
}

UNNAS_KERNEL("first_largest", first_largest);

}  // namespace
}  // namespace unnas::UNNAS_ISA
