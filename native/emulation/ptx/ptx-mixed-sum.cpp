// Runs the mixed_sum kernels as nvcc has compiled them, host code and all, on the PTX machine. Prints a line
// a case, "ok ..." or "FAILED ...", and exits with the number of failures.
#include <cstdio>
#include <exception>

#include "emulation/mixed-sum-cases.h"
#include "emulation/ptx/stand-in-runtime.h"

int main() {
  int failures = 0;
  for (const unnas::MixedSumCase& c : unnas::mixed_sum_cases()) {
    ptx::clear_findings();
    char detail[64];
    bool good = false;
    try {
      const double error = unnas::run_mixed_sum(c).error;
      good = error < unnas::tolerance(c);
      snprintf(detail, sizeof detail, "error %.1e", error);
    } catch (const std::exception& error) {
      snprintf(detail, sizeof detail, "%s", error.what());
    }
    printf("%s %s: %s\n", good ? "ok" : "FAILED", unnas::describe(c).c_str(), detail);
    for (const ptx::Finding& finding : ptx::findings())
      printf("    %s: %s\n", finding.kind.c_str(), finding.text.c_str());
    failures += !good;
  }
  return failures;
}
