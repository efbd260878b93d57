// What the addon may ask about CUDA without a driver: it never throws.
#pragma once

namespace unnas {

struct CudaStatus {
  int runtime_version;  // 13000 for CUDA 13.0
  int devices;
  const char* status;  // name of the CUDA error, "cudaSuccess" when devices can be used
};

CudaStatus cuda_status();

}  // namespace unnas
