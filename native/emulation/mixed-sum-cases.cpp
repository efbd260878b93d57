#include "emulation/mixed-sum-cases.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "core/kernel.h"

namespace unnas {

namespace {

using Values = std::vector<float>;

class CaseAttrs final : public Attrs {
 public:
  explicit CaseAttrs(const MixedSumCase& c) : case_(c) {}
  double number(const char* name) const override {
    if (std::string(name) == "epsilon") return 1e-5;
    if (std::string(name) == "channels") return case_.channels;
    throw std::invalid_argument(std::string("no attribute ") + name);
  }
  std::span<const double> numbers(const char* name) const override {
    if (std::string(name) == "normalise") return case_.normalise;
    throw std::invalid_argument(std::string("no attribute ") + name);
  }

 private:
  const MixedSumCase& case_;
};

std::vector<Values> call(const char* kernel, Isa isa, const MixedSumCase& c, std::vector<Values>& inputs,
                         const std::vector<size_t>& output_sizes) {
  std::vector<Values> outputs;
  for (size_t size : output_sizes) outputs.emplace_back(size, std::numeric_limits<float>::quiet_NaN());
  std::vector<Span> in, out;
  for (Values& values : inputs) in.push_back({values.data(), values.size(), DType::f32});
  for (Values& values : outputs) out.push_back({values.data(), values.size(), DType::f32});
  CaseAttrs attrs(c);
  find_kernel(kernel, isa)({in, out, attrs});
  return outputs;
}

double relative_error(const Values& expected, const Values& actual) {
  double scale = 0, difference = 0;
  for (size_t i = 0; i < expected.size(); i++) {
    scale = std::max(scale, std::abs(double(expected[i])));
    const double d = std::abs(double(expected[i]) - double(actual[i]));
    if (!(d <= difference)) difference = d;  // a NaN stays
  }
  return difference / std::max(scale, 1.0);
}

}  // namespace

const std::vector<MixedSumCase>& mixed_sum_cases() {
  static const std::vector<MixedSumCase> cases = {
      {1601, 16, {1, 0, 1}, 0},     // four chunks of pixels, the last ragged
      {77, 5, {1, 1, 0, 1}, 0},     // no 16-byte accesses
      {1030, 20, {0, 1}, 0},        // threads beyond the last channel
      {150, 67, {1, 0, 1}, 0},      // three tiles of channels, one float at a time
      {70, 524, {1, 1}, 0},         // five tiles of four, and channels beyond a block's threads
      {1, 3, {1, 0}, 0},            // the variance of one pixel is 0
      {640, 8, {1, 1, 1}, 1000.0f}  // mean a thousand deviations from zero
  };
  return cases;
}

std::string describe(const MixedSumCase& c) {
  std::string flags;
  for (double flag : c.normalise) flags += flag != 0 ? '1' : '0';
  return std::to_string(c.pixels) + " pixels, " + std::to_string(c.channels) + " channels, normalise " +
         flags + (c.offset != 0 ? ", far from zero" : "");
}

double tolerance(const MixedSumCase& c) {
  return 5e-6 + double(std::numeric_limits<float>::epsilon()) * double(c.offset);
}

MixedSumOutcome run_mixed_sum(const MixedSumCase& c) {
  std::mt19937 random(static_cast<unsigned>(c.pixels * 1000 + c.channels));
  std::normal_distribution<float> normal;
  const size_t maps = c.normalise.size(), size = size_t(c.pixels) * size_t(c.channels);
  const size_t statistics = maps * size_t(c.channels);
  auto draw = [&](size_t count, float offset) {
    Values values(count);
    for (float& value : values) value = offset + normal(random);
    return values;
  };

  std::vector<Values> inputs = {draw(maps, 0)};
  for (size_t map = 0; map < maps; map++) inputs.push_back(draw(size, c.offset));
  const std::vector<size_t> forward_sizes = {size, statistics, statistics};
  std::vector<Values> expected = call("mixed_sum", current_isa(), c, inputs, forward_sizes);
  std::vector<Values> actual = call("mixed_sum", Isa::cuda, c, inputs, forward_sizes);

  // The backward kernels get the statistics of the CPU, so that they are judged alone.
  inputs.push_back(expected[1]);
  inputs.push_back(expected[2]);
  inputs.push_back(draw(size, 0));
  std::vector<size_t> gradient_sizes = {maps};
  gradient_sizes.resize(1 + maps, size);
  for (Values& values : call("mixed_sum_grad", current_isa(), c, inputs, gradient_sizes))
    expected.push_back(std::move(values));
  for (Values& values : call("mixed_sum_grad", Isa::cuda, c, inputs, gradient_sizes))
    actual.push_back(std::move(values));

  MixedSumOutcome outcome{0, {}};
  for (size_t i = 0; i < expected.size(); i++) {
    const double error = relative_error(expected[i], actual[i]);
    if (!(error <= outcome.error)) outcome.error = error;
    outcome.values.insert(outcome.values.end(), actual[i].begin(), actual[i].end());
  }
  return outcome;
}

}  // namespace unnas
