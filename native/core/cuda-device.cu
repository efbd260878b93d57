#include <cuda_runtime.h>

#include "core/cuda-device.h"

namespace unnas {

CudaStatus cuda_status() {
  int runtime = 0, devices = 0;
  cudaRuntimeGetVersion(&runtime);
  // Without a driver the answer is cudaErrorInsufficientDriver; with one but no device, cudaErrorNoDevice.
  cudaError_t error = cudaGetDeviceCount(&devices);
  if (error != cudaSuccess) {
    cudaGetLastError();  // clear it, or the next call reports it again
    devices = 0;
  }
  return {runtime, devices, cudaGetErrorName(error)};
}

}  // namespace unnas
