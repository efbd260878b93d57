// A stand-in for CUDA's runtime library: programs that nvcc has compiled link to it instead of libcudart and
// run on the PTX machine. Compile the .cu files with PTX inside and not compressed:
//   nvcc -gencode arch=compute_90,code=compute_90 --no-compress -lineinfo
//
// nvcc's host code registers each file's device code before main (__cudaRegisterFatBinary,
// __cudaRegisterFunction), and then launches by the address of a host function that stands for the kernel.
#include "emulation/ptx/stand-in-runtime.h"

#include <cuda_runtime_api.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

namespace {

// Function-local statics: files register themselves before main, before the constants of other files are
// there.
std::vector<const uint8_t*>& device_codes() {
  static std::vector<const uint8_t*> codes;
  return codes;
}
std::map<const void*, std::string>& kernel_names() {
  static std::map<const void*, std::string> names;
  return names;
}
std::map<void*, size_t> allocations;
std::vector<ptx::Finding> found;
cudaError_t sticky = cudaSuccess;

// The layout of the device code in a program: a wrapper that points to a header, then an entry for each
// variant.
struct FatBinaryWrapper {
  int magic, version;
  const uint8_t* data;
};
struct FatBinaryHeader {
  uint32_t magic;
  uint16_t version, header_bytes;
  uint64_t bytes;  // after the header
};
struct FatBinaryEntry {
  uint16_t kind;  // 1: PTX, 2: machine code
  uint16_t version;
  uint32_t header_bytes;
  uint64_t bytes;  // after the entry's header
};
constexpr uint32_t kFatBinaryMagic = 0xba55ed50;

[[noreturn]] void give_up(const std::string& why) {
  fprintf(stderr, "stand-in for libcudart: %s\n", why.c_str());
  std::abort();
}

void read_device_code(const uint8_t* data, std::map<std::string, ptx::Kernel>& kernels) {
  FatBinaryHeader header;
  std::memcpy(&header, data, sizeof header);
  if (header.magic != kFatBinaryMagic) give_up("the program's device code has an unknown form");
  const uint8_t* const end = data + header.header_bytes + header.bytes;
  for (const uint8_t* p = data + header.header_bytes; p < end;) {
    FatBinaryEntry entry;
    std::memcpy(&entry, p, sizeof entry);
    if (entry.kind == 1) {
      const char* text = reinterpret_cast<const char*>(p + entry.header_bytes);
      std::string source(text, strnlen(text, entry.bytes));
      if (source.find(".version") == std::string::npos)
        give_up("the program's PTX is compressed (--no-compress)");
      try {
        kernels.merge(ptx::parse(source));
      } catch (const std::exception& error) {
        give_up(error.what());
      }
    }
    p += entry.header_bytes + entry.bytes;
  }
}

/// Read when the first kernel is launched.
const std::map<std::string, ptx::Kernel>& kernels() {
  static const std::map<std::string, ptx::Kernel> all = [] {
    std::map<std::string, ptx::Kernel> found_kernels;
    for (const uint8_t* code : device_codes()) read_device_code(code, found_kernels);
    return found_kernels;
  }();
  return all;
}

cudaError_t launch(const void* function, dim3 grid, dim3 block, void** arguments) {
  if (sticky != cudaSuccess) return sticky;
  auto name = kernel_names().find(function);
  auto kernel = name != kernel_names().end() ? kernels().find(name->second) : kernels().end();
  if (kernel == kernels().end()) return sticky = cudaErrorInvalidDeviceFunction;
  if (block.x * block.y * block.z > 1024 || grid.y > 65535 || grid.z > 65535)
    return sticky = cudaErrorInvalidConfiguration;
  std::vector<ptx::Buffer> buffers;
  for (const auto& [address, bytes] : allocations)
    buffers.push_back({reinterpret_cast<uint64_t>(address), bytes});
  const std::vector<const void*> parameters(arguments, arguments + kernel->second.parameters.size());
  auto findings =
      ptx::run(kernel->second, {grid.x, grid.y, grid.z}, {block.x, block.y, block.z}, parameters, buffers);
  if (!findings.empty()) sticky = cudaErrorLaunchFailure;
  found.insert(found.end(), findings.begin(), findings.end());
  return sticky;
}

/// Whether [p, p + bytes) lies in one allocation.
bool inside(const void* p, size_t bytes) {
  auto after = allocations.upper_bound(const_cast<void*>(p));
  if (after == allocations.begin()) return false;
  const auto& [start, size] = *--after;
  return static_cast<const char*>(p) + bytes <= static_cast<const char*>(start) + size;
}

}  // namespace

namespace ptx {
const std::vector<Finding>& findings() { return found; }
void clear_findings() {
  found.clear();
  sticky = cudaSuccess;
}
}  // namespace ptx

extern "C" {

void** __cudaRegisterFatBinary(void* wrapper) {
  static void* handle;
  device_codes().push_back(static_cast<FatBinaryWrapper*>(wrapper)->data);
  return &handle;
}
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void**) {}
void __cudaRegisterFunction(void**, const char* function, char*, const char* name, int, void*, void*, void*,
                            void*, int*) {
  kernel_names()[function] = name;
}
char __cudaInitModule(void**) { return 1; }
cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* function) {
  *kernel = reinterpret_cast<cudaKernel_t>(const_cast<void*>(function));
  return cudaSuccess;
}
// Only the <<<>>> syntax needs these; our kernels are launched through cu::launch.
cudaError_t __cudaLaunchKernel(cudaKernel_t, dim3, dim3, void**, size_t, cudaStream_t) {
  return sticky = cudaErrorNotSupported;
}
unsigned __cudaPushCallConfiguration(dim3, dim3, size_t, cudaStream_t) { return 1; }
cudaError_t __cudaPopCallConfiguration(dim3*, dim3*, size_t*, void*) { return cudaErrorNotSupported; }

cudaError_t cudaLaunchKernel(const void* function, dim3 grid, dim3 block, void** arguments, size_t,
                             cudaStream_t) {
  return launch(function, grid, block, arguments);
}
cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config, const void* function, void** arguments) {
  return launch(function, config->gridDim, config->blockDim, arguments);
}
cudaError_t cudaMalloc(void** p, size_t bytes) {
  if (sticky != cudaSuccess) return sticky;
  *p = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::memset(*p, 0xff, bytes);  // NaN
  allocations[*p] = bytes;
  return cudaSuccess;
}
cudaError_t cudaFree(void* p) {
  allocations.erase(p);
  std::free(p);
  return sticky;
}
cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  if (sticky != cudaSuccess) return sticky;
  const void* device = kind == cudaMemcpyHostToDevice ? to : from;
  if (!inside(device, bytes)) return sticky = cudaErrorInvalidValue;
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemset(void* p, int value, size_t bytes) {
  if (sticky != cudaSuccess) return sticky;
  if (!inside(p, bytes)) return sticky = cudaErrorInvalidValue;
  std::memset(p, value, bytes);
  return cudaSuccess;
}
cudaError_t cudaGetLastError() { return sticky; }
cudaError_t cudaPeekAtLastError() { return sticky; }
const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaSuccess ? "no error" : "the PTX machine refused (see the findings)";
}

}  // extern "C"
