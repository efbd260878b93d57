// What a .cu file sees instead of CUDA's own headers when a plain C++ compiler reads it (through core/cu.h).
//
// Language: qualifiers, built-in variables, vector types, barriers, warp functions and the few device
// functions that our kernels use. A kernel that needs more does not compile, which is the wanted reminder to
// add it here with a test in planted-faults.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

#include "emulation/device.h"
#include "emulation/runtime.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)

#define EMULATION_TEXT_(x) #x
#define EMULATION_TEXT(x) EMULATION_TEXT_(x)
// The counter tells two barriers on one line apart, and the same line in two kernels.
#define EMULATION_HERE __FILE__ ":" EMULATION_TEXT(__LINE__) "#" EMULATION_TEXT(__COUNTER__)

struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

constexpr int warpSize = 32;
inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }

// ---------------------------------------------------------------- shared memory, barriers, warps

#define CU_SHARED(type, name, ...)      \
  static const char name##_key = 0;     \
  using name##_type = type __VA_ARGS__; \
  name##_type& name =                   \
      *static_cast<name##_type*>(::emulation::shared_array(&name##_key, sizeof(name##_type), #name))

#define __syncthreads() ::emulation::sync_threads(EMULATION_HERE)
#define __syncwarp(...) ::emulation::sync_warp(::emulation::mask_or_all(__VA_ARGS__), EMULATION_HERE)
#define __shfl_sync(mask, value, lane) ::emulation::shuffle(mask, value, lane, EMULATION_HERE)
#define __shfl_xor_sync(mask, value, bits) \
  ::emulation::shuffle(mask, value, ::emulation::lane() ^ (bits), EMULATION_HERE)
#define __shfl_down_sync(mask, value, delta) \
  ::emulation::shuffle(mask, value, ::emulation::lane() + (delta), EMULATION_HERE)
#define __ballot_sync(mask, predicate) ::emulation::ballot(mask, predicate, EMULATION_HERE)

namespace emulation {

inline unsigned mask_or_all() { return 0xffffffffu; }
inline unsigned mask_or_all(unsigned mask) { return mask; }

/// The value of lane `source`; the own value where that is no lane of the warp.
template <class T>
T shuffle(unsigned mask, T value, int source, const char* here) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>, "a shuffle moves at most 8 bytes");
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = exchange(mask, bits, source >= 0 && source < warpSize ? source : lane(), here);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// The load and store of an atomic are its own business: the detector hears of them as one atomic access.
#define EMULATION_UNCHECKED __attribute__((noinline, no_sanitize("thread")))
template <class T>
EMULATION_UNCHECKED T atomic_add(T* p, T value) {
  on_atomic(p, sizeof(T));
  T old = *p;
  *p = old + value;
  return old;
}

}  // namespace emulation

inline int atomicAdd(int* p, int value) { return emulation::atomic_add(p, value); }
inline unsigned atomicAdd(unsigned* p, unsigned value) { return emulation::atomic_add(p, value); }

namespace cu {

// One access of 16 bytes for the detector, with the alignment fault that the hardware would raise.
EMULATION_UNCHECKED inline float4 load4(const float* p) {
  emulation::on_vector_access(p, 16, false, __builtin_return_address(0));
  float4 v;
  std::memcpy(&v, p, 16);
  return v;
}
EMULATION_UNCHECKED inline void store4(float* p, float4 v) {
  emulation::on_vector_access(p, 16, true, __builtin_return_address(0));
  std::memcpy(p, &v, 16);
}

/// Runs the kernel to its end before it returns. Arguments are copied first, as a launch does.
template <class... Parameters, class... Arguments>
cudaError_t launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, cudaStream_t,
                   Arguments&&... arguments) {
  struct Bound {
    void (*kernel)(Parameters...);
    std::tuple<std::decay_t<Parameters>...> arguments;
  };
  Bound* bound = new (emulation::parameter_memory(sizeof(Bound)))
      Bound{kernel, std::tuple<std::decay_t<Parameters>...>(std::forward<Arguments>(arguments)...)};
  emulation::run_kernel(
      reinterpret_cast<const void*>(kernel), grid, block,
      [](void* p) { std::apply(static_cast<Bound*>(p)->kernel, static_cast<Bound*>(p)->arguments); }, bound);
  bound->~Bound();
  return cudaPeekAtLastError();
}

}  // namespace cu
