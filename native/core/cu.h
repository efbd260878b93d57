// The one header that every CUDA source includes. nvcc reads it as thin names for CUDA; any other compiler
// gets the emulation, so that the same source runs in unit tests on machines without a GPU (see
// emulation/README.md).
//
// Rules for kernels that follow from it: launch with cu::launch, declare shared memory with CU_SHARED, access
// 16 bytes at a time through cu::load4 and cu::store4, never let two blocks of one launch talk to each other
// (a second kernel, in a fixed order, finishes every reduction), no atomics on floats.
#pragma once

#ifdef __CUDACC__

#include <cuda_runtime.h>

#include <utility>

/// CU_SHARED(float, tile, [32][33]); declares a shared array of the block.
#define CU_SHARED(type, name, ...) __shared__ __align__(16) type name __VA_ARGS__

namespace cu {

/// 16 bytes in one access; the address must be a multiple of 16.
__device__ __forceinline__ float4 load4(const float* p) { return *reinterpret_cast<const float4*>(p); }
__device__ __forceinline__ void store4(float* p, float4 v) { *reinterpret_cast<float4*>(p) = v; }

/// kernel<<<grid, block, 0, stream>>>(arguments...), as a function: it also reads as plain C++.
template <class... Parameters, class... Arguments>
cudaError_t launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, cudaStream_t stream,
                   Arguments&&... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.stream = stream;
  return cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...);
}

}  // namespace cu

#else
#include "emulation/cuda.h"
#endif
