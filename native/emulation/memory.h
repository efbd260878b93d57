// Device memory and shared memory of the emulation.
//
// Every allocation of device memory ends at a page that cannot be touched, and a page freed can no longer be
// touched either, so that even a kernel that is not instrumented stops at the first access out of bounds. New
// memory is filled with 0xff: NaN as a float, -1 as an integer.
#pragma once
#include <cstddef>
#include <string>

#include "emulation/runtime.h"

namespace emulation {

constexpr size_t kDeviceBytes = size_t(1) << 30;  // of address space; pages are made when an array needs them
constexpr size_t kSharedLimit = 48 * 1024;        // static shared memory of a block

/// The first error since clear_reports(); a device gives it back from every later call.
cudaError_t& sticky_error();

bool is_device(const void* p);
size_t device_offset(const void* p);

bool is_shared(const void* p);
size_t shared_offset(const void* p);
/// Ends the life of the block's shared arrays.
void release_shared();

/// "12 bytes past the end of device allocation #3 of 64 bytes".
std::string describe_address(const void* p);

}  // namespace emulation
