// Kernels with a fault each, and some without one: the tests of the two executors.
#pragma once
#include "core/cu.h"

namespace {

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

}  // namespace
