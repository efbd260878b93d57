// Device memory that frees itself, and CUDA errors as exceptions. Host code of the .cu files only.
#pragma once
#include <stdexcept>
#include <string>

#include "core/cu.h"
#include "core/kernel.h"

namespace unnas {

/// Throws std::runtime_error when `error` is one; `doing` says what was tried: "copying to the device".
inline void check_cuda(cudaError_t error, const char* doing) {
  if (error == cudaSuccess) return;
  throw std::runtime_error(std::string("CUDA failed while ") + doing + ": " + cudaGetErrorString(error));
}

/// An array of `size` elements in device memory; its contents are undefined at first.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(size_t size) : size_(size) {
    check_cuda(cudaMalloc(&data_, (size > 0 ? size : 1) * sizeof(T)), "allocating device memory");
  }
  /// A copy of a span of the same element type.
  explicit DeviceArray(const Span& host) : DeviceArray(host.size) {
    check_cuda(cudaMemcpy(data_, host.data, size_ * sizeof(T), cudaMemcpyHostToDevice),
               "copying to the device");
  }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(DeviceArray&& other) noexcept : data_(other.data_), size_(other.size_) {
    other.data_ = nullptr;
  }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* data() const { return data_; }
  size_t size() const { return size_; }

  /// Waits for the kernels before it and copies the array to a span of the same size.
  void copy_to(const Span& host) const {
    if (host.size != size_) throw std::invalid_argument("a CUDA kernel got an output of another size");
    check_cuda(cudaMemcpy(host.data, data_, size_ * sizeof(T), cudaMemcpyDeviceToHost),
               "copying from the device");
  }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace unnas
