// What kernels ask of the emulator. `here` names the place in the source: "file:line#n".
#pragma once
#include <cstddef>
#include <cstdint>

#include "emulation/runtime.h"

// Built-in variables; the scheduler sets them whenever it changes the thread.
extern __thread uint3 threadIdx, blockIdx;
extern __thread dim3 blockDim, gridDim;

namespace emulation {

void sync_threads(const char* here);
void sync_warp(unsigned mask, const char* here);
/// Every lane of the mask gives a value and gets the one of lane `source`; all bits set if that lane is not
/// in it.
uint64_t exchange(unsigned mask, uint64_t value, int source, const char* here);
unsigned ballot(unsigned mask, bool predicate, const char* here);
int lane();

/// The block's array of that key: filled with NaN when a block first asks for it.
void* shared_array(const void* key, size_t bytes, const char* name);

void on_atomic(const void* p, size_t bytes);
/// Checks the alignment in every build, and all else where the kernel is instrumented.
void on_vector_access(const void* p, size_t bytes, bool write, const void* pc);

void* parameter_memory(size_t bytes);
void run_kernel(const void* kernel, dim3 grid, dim3 block, void (*call)(void*), void* parameters);

}  // namespace emulation
