// Small whole numbers as one byte each in memory and one lane each in registers: GCC makes the conversion of
// vectors lane by lane.
#pragma once
#include "core/simd.h"

namespace unnas::UNNAS_ISA {

static inline vi load_bytes(const uint8_t* p) {
#if defined(__AVX512F__)
  return reinterpret_cast<vi>(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
#elif defined(__AVX2__)
  return reinterpret_cast<vi>(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
#else
  typedef uint8_t vbytes __attribute__((vector_size(kLanes)));
  vbytes bytes;
  std::memcpy(&bytes, p, sizeof bytes);
  return __builtin_convertvector(bytes, vi);
#endif
}

/// Stores lanes from 0 to 127.
static inline void store_bytes(uint8_t* p, vi v) {
#if defined(__AVX512F__)
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(reinterpret_cast<__m512i>(v)));
#elif defined(__AVX2__)
  const auto all = reinterpret_cast<__m256i>(v);
  const __m128i pairs = _mm_packs_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(pairs, pairs));
#else
  typedef uint8_t vbytes __attribute__((vector_size(kLanes)));
  const vbytes bytes = __builtin_convertvector(v, vbytes);
  std::memcpy(p, &bytes, sizeof bytes);
#endif
}

}  // namespace unnas::UNNAS_ISA
