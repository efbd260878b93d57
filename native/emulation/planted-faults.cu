// The emulation's own test: kernels with a fault each, which must be reported as what it is, beside kernels
// without one, which must not. Prints "ok ..." or "FAILED ..." a kernel and exits with the number of
// failures.
#include <cstdio>

#include "emulation/emulator.h"
#include "emulation/planted-faults.cuh"

namespace {

using namespace emulation;

int failures = 0;

/// `kind` must be reported by f, or nothing at all where kind is null.
template <class F>
void expect(const char* name, const char* kind, F f) {
  clear_reports();
  f();
  const bool good = kind != nullptr ? has_report(kind) : reports().empty();
  failures += !good;
  printf("%s %s: %s\n", good ? "ok" : "FAILED", name, kind != nullptr ? kind : "clean");
  for (const Report& r : reports()) printf("    %s: %s\n", r.kind.c_str(), r.text.c_str());
}

void run_on(float* in, float* out) {
  const dim3 one(1);
  const float* source = in;
  int* count = reinterpret_cast<int*>(out);
  const auto go = [](auto... arguments) { cu::launch(arguments...); };
  const cudaStream_t stream = nullptr;

  expect("a thread that leaves before the barrier", "barrier-exit",
         [&] { go(early_exit, one, dim3(64), stream, out, 40); });
  expect("two barriers for two halves", "barrier-divergence",
         [&] { go(two_barriers, one, dim3(64), stream, out); });
  expect("a shuffle with half of its lanes", "warp-exit",
         [&] { go(half_warp_shuffle, one, dim3(32), stream, out); });
  expect("a shuffle with all lanes", nullptr, [&] { go(full_warp_sum, one, dim3(32), stream, out); });
  float sums[32];
  cudaMemcpy(sums, out, sizeof sums, cudaMemcpyDeviceToHost);
  expect("its sum", nullptr, [&] {
    if (sums[5] != 496) failures++;
  });
  expect("threads that wait for each other", "deadlock",
         [&] { go(crossed_waits, one, dim3(32), stream, out); });
  expect("a block of 2048 threads", "launch", [&] { go(copy, one, dim3(2048), stream, source, out); });
  expect("a read past the end", "fault", [&] {
    float* small;
    cudaMalloc(&small, 64 * sizeof(float));
    cudaMemset(small, 0, 64 * sizeof(float));
    go(one_too_many, dim3(2), dim3(64), stream, static_cast<const float*>(small), out, 64);
  });
  expect("a read of freed memory", "fault", [&] {
    float* gone;
    cudaMalloc(&gone, 64 * sizeof(float));
    cudaFree(gone);
    go(copy, one, dim3(32), stream, static_cast<const float*>(gone), out);
  });
  expect("a float4 at no multiple of 16", "misaligned",
         [&] { go(shifted_vector, one, dim3(32), stream, source, out); });
  expect("a copy to the wrong side", "memcpy",
         [&] { cudaMemcpy(sums, out, sizeof sums, cudaMemcpyHostToDevice); });
  expect("memory freed twice", "free", [&] {
    float* p;
    cudaMalloc(&p, 4);
    cudaFree(p);
    cudaFree(p);
  });
  expect("a barrier between write and read", nullptr,
         [&] { go(neighbours_with_barrier, one, dim3(128), stream, out); });
  expect("an atomic sum", nullptr, [&] {
    cudaMemset(out, 0, 4);
    go(atomic_count, dim3(4), dim3(64), stream, count);
  });
  if (!instrumented()) return;

  expect("a read one past the end, inside the page", "out-of-bounds",
         [&] { go(one_too_many, dim3(8), dim3(128), stream, source + 0, out, 1000); });
  expect("no barrier between write and read", "race",
         [&] { go(neighbours_without_barrier, one, dim3(128), stream, out); });
  expect("a buffer used again too early", "race",
         [&] { go(buffer_reused_too_early, one, dim3(64), stream, out); });
  expect("lanes in step by luck", "race", [&] { go(warp_synchronous, one, dim3(32), stream, out); });
  expect("lanes in step by __syncwarp", nullptr, [&] { go(warp_synchronised, one, dim3(32), stream, out); });
  expect("two blocks that write one cell", "race",
         [&] { go(two_blocks_one_cell, dim3(2), dim3(32), stream, out); });
  expect("a sum that is not atomic", "race", [&] { go(plain_count, one, dim3(64), stream, count); });
  expect("shared memory half written", "uninitialised",
         [&] { go(half_written, one, dim3(64), stream, out); });
  expect("a write past a shared array", "out-of-bounds",
         [&] { go(past_shared, one, dim3(64), stream, out); });
  expect("a pointer to host memory", "host-pointer", [&] {
    static float host[64];
    go(copy, one, dim3(32), stream, static_cast<const float*>(host), out);
  });
}

}  // namespace

int main() {
  for (Order order : {Order::forward, Order::reverse, Order::random}) {
    clear_reports();
    config().order = order;
    float *in, *out;
    cudaMalloc(&out, 4096 * sizeof(float));
    cudaMalloc(&in, 1000 * sizeof(float));
    cudaMemset(out, 0, 4096 * sizeof(float));
    cudaMemset(in, 0, 1000 * sizeof(float));
    run_on(in, out);
    clear_reports();
    cudaFree(in);
    cudaFree(out);
  }
  printf("%s\n", instrumented() ? "instrumented" : "plain");
  return failures;
}
