// The emulation's own test: kernels with a fault each, which must be reported as what it is, beside kernels
// without one, which must not. Prints "ok ..." or "FAILED ..." a kernel and exits with the number of
// failures.
#include <cstdio>

#include "core/cu.h"
#include "emulation/emulator.h"

namespace {

using namespace emulation;

__global__ void early_exit(float* out, int n) {
  if (int(threadIdx.x) >= n) return;
  __syncthreads();
  out[threadIdx.x] = 1;
}
__global__ void two_barriers(float* out) {
  if (threadIdx.x < 32) {
    __syncthreads();
    out[threadIdx.x] = 1;
  } else {
    __syncthreads();
    out[threadIdx.x] = 2;
  }
}
__global__ void half_warp_shuffle(float* out) {
  float value = float(threadIdx.x);
  if (threadIdx.x < 16) value += __shfl_down_sync(0xffffffffu, value, 8);
  out[threadIdx.x] = value;
}
__global__ void full_warp_sum(float* out) {
  float value = float(threadIdx.x);
  for (int bits = 16; bits > 0; bits /= 2) value += __shfl_xor_sync(0xffffffffu, value, bits);
  out[threadIdx.x] = value;
}
__global__ void crossed_waits(float* out) {
  if (threadIdx.x == 0)
    __syncthreads();
  else
    __syncwarp();
  out[threadIdx.x] = 1;
}
__global__ void neighbours_without_barrier(float* out) {
  CU_SHARED(float, values, [128]);
  values[threadIdx.x] = float(threadIdx.x);
  out[threadIdx.x] = values[threadIdx.x ^ 64];
}
__global__ void neighbours_with_barrier(float* out) {
  CU_SHARED(float, values, [128]);
  values[threadIdx.x] = float(threadIdx.x);
  __syncthreads();
  out[threadIdx.x] = values[threadIdx.x ^ 64];
}
// A loop that uses its buffer again: the second barrier keeps a fast warp from overwriting what a slow one
// reads. In these turns of the threads the result is right all the same.
__global__ void buffer_reused_too_early(float* out) {
  CU_SHARED(float, values, [64]);
  float sum = 0;
  for (int turn = 0; turn < 3; turn++) {
    values[threadIdx.x] = float(turn);
    __syncthreads();
    sum += values[(threadIdx.x + 32) % 64];
  }
  out[threadIdx.x] = sum;
}
__global__ void warp_synchronous(float* out) {
  CU_SHARED(float, values, [32]);
  values[threadIdx.x] = float(threadIdx.x);
  out[threadIdx.x] = values[threadIdx.x ^ 1];
}
__global__ void warp_synchronised(float* out) {
  CU_SHARED(float, values, [32]);
  values[threadIdx.x] = float(threadIdx.x);
  __syncwarp();
  out[threadIdx.x] = values[threadIdx.x ^ 1];
}
__global__ void two_blocks_one_cell(float* out) { out[threadIdx.x] = float(blockIdx.x); }
__global__ void plain_count(int* out) { out[0] += 1; }
__global__ void atomic_count(int* out) { atomicAdd(out, 1); }
__global__ void half_written(float* out) {
  CU_SHARED(float, values, [64]);
  if (threadIdx.x < 32) values[threadIdx.x] = 1;
  __syncthreads();
  out[threadIdx.x] = values[threadIdx.x];
}
__global__ void past_shared(float* out) {
  CU_SHARED(float, values, [64]);
  CU_SHARED(float, others, [64]);
  values[threadIdx.x + 1] = 1;
  others[threadIdx.x] = 0;
  __syncthreads();
  out[threadIdx.x] = others[threadIdx.x];
}
__global__ void one_too_many(const float* in, float* out, int n) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i <= n) out[i < n ? i : 0] = in[i];
}
__global__ void shifted_vector(const float* in, float* out) {
  cu::store4(out + threadIdx.x * 4, cu::load4(in + 1 + threadIdx.x * 4));
}
__global__ void copy(const float* in, float* out) { out[threadIdx.x] = in[threadIdx.x]; }

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
