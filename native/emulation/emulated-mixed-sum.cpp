// Runs the mixed_sum kernels in the emulation, compiled by the C++ compiler. Prints a line a check, "ok ..."
// or "FAILED ...", and exits with the number of failures.
//   emulated-mixed-sum             every case in three schedules: right, without findings, and with the same
//   bits emulated-mixed-sum mutants     leaves out each barrier in turn: somebody must notice
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>

#include "emulation/emulator.h"
#include "emulation/mixed-sum-cases.h"

namespace {

using namespace emulation;

int failures = 0;

void check(bool good, const std::string& name, const std::string& detail) {
  printf("%s %s: %s\n", good ? "ok" : "FAILED", name.c_str(), detail.c_str());
  failures += !good;
}

std::string first_report() { return reports().empty() ? "" : reports()[0].kind + ": " + reports()[0].text; }

/// The outcome, or nothing when a kernel failed; the reports say why.
std::optional<unnas::MixedSumOutcome> run(const unnas::MixedSumCase& c) {
  clear_reports();
  try {
    return unnas::run_mixed_sum(c);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

void run_schedules() {
  for (const unnas::MixedSumCase& c : unnas::mixed_sum_cases()) {
    std::vector<float> first;
    for (Order order : {Order::forward, Order::reverse, Order::random}) {
      config().order = order;
      const auto outcome = run(c);
      const std::string name = describe(c) + (order == Order::forward   ? ", forward"
                                              : order == Order::reverse ? ", reverse"
                                                                        : ", random");
      char error[32] = "failed";
      if (outcome) snprintf(error, sizeof error, "error %.1e", outcome->error);
      if (first.empty() && outcome) first = outcome->values;
      check(outcome && reports().empty() && outcome->error < unnas::tolerance(c) &&
                same_bits(outcome->values, first),
            name, std::string(error) + " " + first_report());
    }
  }
}

void run_mutants() {
  for (const unnas::MixedSumCase& c : unnas::mixed_sum_cases()) run(c);  // meets every barrier
  const std::vector<std::string> places = barriers();
  check(places.size() >= 2, "the kernels have barriers", std::to_string(places.size()));
  for (const std::string& place : places) {
    config().without_barrier = place;
    std::string noticed;
    for (const unnas::MixedSumCase& c : unnas::mixed_sum_cases()) {
      const auto outcome = run(c);
      if (!outcome || !reports().empty() || !(outcome->error < unnas::tolerance(c))) {
        noticed = describe(c) + ": " + (reports().empty() ? "wrong result" : first_report());
        break;
      }
    }
    check(!noticed.empty(), "without the barrier at " + place, noticed.empty() ? "nobody noticed" : noticed);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "mutants")
    run_mutants();
  else
    run_schedules();
  printf("%s\n", instrumented() ? "instrumented" : "plain");
  return failures;
}
