// What a kernel file needs to be compiled once for each instruction set.
//
// Every file in ops/ is compiled with UNNAS_ISA = baseline, avx2 and avx512 (see CMakeLists.txt) and puts all
// it defines into `namespace unnas::UNNAS_ISA`. `vf` is one register of floats; loops are written over
// kLanes floats and the compiler turns the vector type into instructions of that set.
#pragma once
#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "core/kernel.h"
#include "core/parallel.h"

#ifndef UNNAS_ISA
#define UNNAS_ISA baseline
#endif
#ifndef UNNAS_VECTOR_BYTES
#define UNNAS_VECTOR_BYTES 16
#endif

#define UNNAS_CONCAT_(a, b) a##b
#define UNNAS_CONCAT(a, b) UNNAS_CONCAT_(a, b)
/// UNNAS_KERNEL("name", function) at namespace scope makes the function callable from TypeScript.
#define UNNAS_KERNEL(name, function)                                              \
  static const ::unnas::KernelRegistration UNNAS_CONCAT(registration_, __LINE__)( \
      name, ::unnas::Isa::UNNAS_ISA, function)

namespace unnas::UNNAS_ISA {

typedef float vf __attribute__((vector_size(UNNAS_VECTOR_BYTES)));
typedef int32_t vi __attribute__((vector_size(UNNAS_VECTOR_BYTES)));
constexpr int kLanes = UNNAS_VECTOR_BYTES / 4;

static inline vf load(const float* p) {  // unaligned
  vf v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
static inline void store(float* p, vf v) { std::memcpy(p, &v, sizeof v); }
// Not `vf{} + x`: that is an addition, because of negative zeros.
#if defined(__AVX512F__)
static inline vf broadcast(float x) { return _mm512_set1_ps(x); }
#elif defined(__AVX2__)
static inline vf broadcast(float x) { return _mm256_set1_ps(x); }
#else
static inline vf broadcast(float x) { return vf{x, x, x, x}; }
#endif

// The first `count` lanes, 0 < count < kLanes: the others load as 0, and memory beyond is not touched.
#if defined(__AVX512F__)
static inline vf load_partial(const float* p, int count) {
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), p);
}
static inline void store_partial(float* p, vf v, int count) {
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << count) - 1), v);
}
#elif defined(__AVX2__)
static inline __m256i first_lanes(int count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline vf load_partial(const float* p, int count) { return _mm256_maskload_ps(p, first_lanes(count)); }
static inline void store_partial(float* p, vf v, int count) {
  if (count == 4)  // as of 36 channels; masked stores take some twenty cycles on some processors
    _mm_storeu_ps(p, _mm256_castps256_ps128(v));
  else
    _mm256_maskstore_ps(p, first_lanes(count), v);
}
#else
static inline vf load_partial(const float* p, int count) {
  vf v{};
  for (int i = 0; i < count; i++) v[i] = p[i];
  return v;
}
static inline void store_partial(float* p, vf v, int count) {
  for (int i = 0; i < count; i++) p[i] = v[i];
}
#endif

/// A value that was loaded once for several uses: without this GCC loads it again as an operand of each, and
/// the loads, not the arithmetic, set the pace.
static inline vf in_register(vf v) {
#if defined(__AVX512F__)
  asm("" : "+v"(v));
#elif defined(__x86_64__)
  asm("" : "+x"(v));
#endif
  return v;
}

static inline vf max(vf a, vf b) { return a > b ? a : b; }
static inline vf min(vf a, vf b) { return a < b ? a : b; }
static inline float sum(vf v) {  // fixed order: pairwise halves
  for (int width = kLanes / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) v[i] += v[i + width];
  return v[0];
}

}  // namespace unnas::UNNAS_ISA
