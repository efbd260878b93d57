// The test of the PTX machine: every planted fault must be found as what it is, kernels without one must run.
// Prints "ok ..." or "FAILED ..." a kernel and exits with the number of failures.
#include <cstdio>

#include "emulation/planted-faults.cuh"
#include "emulation/ptx/stand-in-runtime.h"

namespace {

int failures = 0;

/// The first finding must be of that kind, or there must be none where kind is null.
template <class F>
void expect(const char* name, const char* kind, F f) {
  ptx::clear_findings();
  f();
  const auto& findings = ptx::findings();
  const bool good = kind != nullptr ? !findings.empty() && findings[0].kind == kind : findings.empty();
  failures += !good;
  printf("%s %s: %s\n", good ? "ok" : "FAILED", name, kind != nullptr ? kind : "clean");
  for (const ptx::Finding& finding : findings)
    printf("    %s: %s\n", finding.kind.c_str(), finding.text.c_str());
}

template <class... Parameters>
void go(void (*kernel)(Parameters...), int blocks, int threads, Parameters... arguments) {
  cu::launch(kernel, dim3(unsigned(blocks)), dim3(unsigned(threads)), nullptr, arguments...);
}

}  // namespace

int main() {
  float *in, *out, values[128];
  cudaMalloc(&in, 64 * sizeof(float));
  cudaMalloc(&out, 4096 * sizeof(float));
  cudaMemset(in, 0, 64 * sizeof(float));
  const float* source = in;
  int* count = reinterpret_cast<int*>(out);

  expect("no barrier between write and read", "uninitialised",
         [&] { go(neighbours_without_barrier, 1, 128, out); });
  expect("a buffer used again too early", "race", [&] { go(buffer_reused_too_early, 1, 64, out); });
  expect("shared memory half written", "uninitialised", [&] { go(half_written, 1, 64, out); });
  expect("a read past the end", "out-of-bounds", [&] { go(one_too_many, 2, 64, source, out, 64); });
  expect("a float4 at no multiple of 16", "misaligned", [&] { go(shifted_vector, 1, 8, source, out); });
  expect("a pointer to host memory", "out-of-bounds",
         [&] { go(copy, 1, 32, static_cast<const float*>(values), out); });
  expect("a shuffle with half of its lanes", "warp-exit", [&] { go(half_warp_shuffle, 1, 32, out); });
  expect("threads that wait for each other", "deadlock", [&] { go(crossed_waits, 1, 32, out); });

  expect("a barrier between write and read", nullptr, [&] {
    go(neighbours_with_barrier, 1, 128, out);
    cudaMemcpy(values, out, sizeof values, cudaMemcpyDeviceToHost);
    for (int i = 0; i < 128; i++) failures += values[i] != float(i ^ 64);
  });
  expect("lanes in step by __syncwarp", nullptr, [&] { go(warp_synchronised, 1, 32, out); });
  expect("a shuffle with all lanes", nullptr, [&] {
    go(full_warp_sum, 1, 32, out);
    cudaMemcpy(values, out, 32 * sizeof(float), cudaMemcpyDeviceToHost);
    for (int i = 0; i < 32; i++) failures += values[i] != 496;
  });
  expect("an atomic sum", nullptr, [&] {
    cudaMemset(out, 0, 4);
    go(atomic_count, 4, 64, count);
    int sum;
    cudaMemcpy(&sum, count, 4, cudaMemcpyDeviceToHost);
    failures += sum != 256;
  });
  return failures;
}
