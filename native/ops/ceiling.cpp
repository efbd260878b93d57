// What the machine can do at most, measured through the seam that all kernels are called through: the rate of
// fused multiply-adds on registers, and the rate at which arrays pass to and from memory.
#include "core/simd.h"

namespace unnas::UNNAS_ISA {
namespace {

// Independent sums, enough to hide the latency of a multiply-add; with the two constants they must fit into
// the registers of the set: 32 of AVX-512, 16 of the others.
constexpr int kChains = kLanes == 16 ? 16 : 12;

// outputs: one sum a chunk (its value means nothing), and how many operations a round of a chunk has, an
// addition and a multiplication counted as two. attrs: rounds.
void fma_ceiling(const Call& call) {
  const int64_t rounds = call.attrs.integer("rounds");
  float* sums = call.out(0).f32();
  *call.out(1).i32() = 2 * kChains * kLanes;
  const vf keep = broadcast(0.999999f), add = broadcast(1e-7f);
  parallel_for(static_cast<int64_t>(call.out(0).size), 1, [&](int64_t chunk, int64_t, int64_t) {
    vf chains[kChains];
#pragma GCC unroll 16
    for (int i = 0; i < kChains; i++) chains[i] = broadcast(1 + 1e-3f * static_cast<float>(i));
    for (int64_t round = 0; round < rounds; round++) {
#pragma GCC unroll 16
      for (int i = 0; i < kChains; i++) chains[i] = chains[i] * keep + add;
    }
    vf all = chains[0];
#pragma GCC unroll 16
    for (int i = 1; i < kChains; i++) all += chains[i];
    sums[chunk] = sum(all);
  });
}

#if defined(__AVX512F__)
static inline void stream(float* p, vf v) { _mm512_stream_ps(p, v); }
static inline void finish_stream() { _mm_sfence(); }
#elif defined(__AVX2__)
static inline void stream(float* p, vf v) { _mm256_stream_ps(p, v); }
static inline void finish_stream() { _mm_sfence(); }
#else
static inline void stream(float* p, vf v) { store(p, v); }
static inline void finish_stream() {}
#endif

constexpr int64_t kGrain = 1 << 18;

// c = a + 3 b, the triad of STREAM (McCalpin 1995): two arrays read, one written, past the caches where the
// set has such stores. All of one size.
void memory_ceiling(const Call& call) {
  const float *a = call.in(0).f32(), *b = call.in(1).f32();
  float* c = call.out(0).f32();
  const bool aligned = reinterpret_cast<uintptr_t>(c) % UNNAS_VECTOR_BYTES == 0;
  const vf factor = broadcast(3);
  parallel_for(static_cast<int64_t>(call.out(0).size), kGrain, [&](int64_t, int64_t begin, int64_t end) {
    int64_t i = begin;
    if (aligned)
      for (; i + kLanes <= end; i += kLanes) stream(c + i, load(a + i) + factor * load(b + i));
    for (; i < end; i++) c[i] = a[i] + 3 * b[i];
    finish_stream();
  });
}

UNNAS_KERNEL("fma_ceiling", fma_ceiling);
UNNAS_KERNEL("memory_ceiling", memory_ceiling);

}  // namespace
}  // namespace unnas::UNNAS_ISA
