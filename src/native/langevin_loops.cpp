// The CPU's loops over blocks, compiled once per vector width from the same source; results do not depend on which.
// Built with -O3 -fopenmp-simd -fno-math-errno -fno-trapping-math -ffp-contract=off (CMakeLists.txt).
#include "langevin.h"
#include "vectors.h"

namespace bif {
namespace {

BIF_INLINE void block_normals(const Stream& stream, int64_t block, float* out) {
  const Stream copy = stream;
  // A block's counters share their upper bits: 16 divides 2^32.
  const uint64_t first = static_cast<uint64_t>(block) * kLanes;
  const uint32_t low = static_cast<uint32_t>(first);
  const uint32_t high = static_cast<uint32_t>(first >> 32);
  uint32_t x0[kLanes], x1[kLanes], x2[kLanes], x3[kLanes];
#pragma omp simd simdlen(16)
  for (int lane = 0; lane < kLanes; lane++) {
    const Words words = stream_words(copy, low + lane, high);
    x0[lane] = words.x0;
    x1[lane] = words.x1;
    x2[lane] = words.x2;
    x3[lane] = words.x3;
  }
#pragma omp simd simdlen(16)
  for (int lane = 0; lane < kLanes; lane++) {
    const NormalPair a = normal_pair(x0[lane], x1[lane]);
    out[lane] = a.first;
    out[lane + kLanes] = a.second;
  }
#pragma omp simd simdlen(16)
  for (int lane = 0; lane < kLanes; lane++) {
    const NormalPair b = normal_pair(x2[lane], x3[lane]);
    out[lane + 2 * kLanes] = b.first;
    out[lane + 3 * kLanes] = b.second;
  }
}

BIF_INLINE int64_t elements_of(int64_t block, int64_t count) {
  const int64_t left = count - block * kBlock;
  return left < kBlock ? left : kBlock;
}

BIF_INLINE void sgld_loop(const LangevinConstants& constants, const Stream& stream, const LangevinVectors& vectors,
                          int64_t first, int64_t last) {
  const LangevinConstants k = constants;
  const bool clear = vectors.clear_gradient;
  float noise[kBlock];
  for (int64_t block = first; block < last; block++) {
    block_normals(stream, block, noise);
    const int64_t n = elements_of(block, vectors.count);
    float* __restrict w = vectors.w + block * kBlock;
    float* __restrict g = vectors.gradient + block * kBlock;
    const float* __restrict center = vectors.center + block * kBlock;
#pragma omp simd
    for (int64_t i = 0; i < n; i++) w[i] = langevin(k, k.epsilon, w[i], g[i], center[i], noise[i]);
    if (clear) std::memset(g, 0, n * sizeof(float));
  }
}

BIF_INLINE void rmsprop_loop(const LangevinConstants& constants, const Stream& stream, const LangevinVectors& vectors,
                             int64_t first, int64_t last) {
  const LangevinConstants k = constants;
  const bool clear = vectors.clear_gradient;
  float noise[kBlock];
  for (int64_t block = first; block < last; block++) {
    block_normals(stream, block, noise);
    const int64_t n = elements_of(block, vectors.count);
    float* __restrict w = vectors.w + block * kBlock;
    float* __restrict g = vectors.gradient + block * kBlock;
    float* __restrict v = vectors.second_moment + block * kBlock;
    const float* __restrict center = vectors.center + block * kBlock;
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
      v[i] = second_moment(k, v[i], g[i]);
      w[i] = langevin(k, preconditioned(k, v[i]), w[i], g[i], center[i], noise[i]);
    }
    if (clear) std::memset(g, 0, n * sizeof(float));
  }
}

template <bool kCenter, bool kScale>
BIF_INLINE void baoab_blocks(const InertialConstants& constants, const Stream& stream, const InertialVectors& vectors,
                             int64_t first, int64_t last) {
  const InertialConstants k = constants;
  const bool clear = vectors.clear_gradient;
  float noise[kBlock];
  for (int64_t block = first; block < last; block++) {
    block_normals(stream, block, noise);
    const int64_t n = elements_of(block, vectors.count);
    float* __restrict w = vectors.w + block * kBlock;
    float* __restrict v = vectors.velocity + block * kBlock;
    float* __restrict g = vectors.gradient + block * kBlock;
    const float* __restrict center = kCenter ? vectors.center + block * kBlock : nullptr;
    const float* __restrict scale = kScale ? vectors.scale + block * kBlock : nullptr;
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
      const Phase next = inertial(k, w[i], v[i], g[i], kCenter ? center[i] : 0.0f, kScale ? scale[i] : 1.0f, noise[i]);
      w[i] = next.w;
      v[i] = next.v;
    }
    if (clear) std::memset(g, 0, n * sizeof(float));
  }
}

BIF_INLINE void baoab_loop(const InertialConstants& k, const Stream& s, const InertialVectors& v, int64_t first, int64_t last) {
  if (v.center != nullptr) {
    v.scale != nullptr ? baoab_blocks<true, true>(k, s, v, first, last) : baoab_blocks<true, false>(k, s, v, first, last);
  } else {
    v.scale != nullptr ? baoab_blocks<false, true>(k, s, v, first, last) : baoab_blocks<false, false>(k, s, v, first, last);
  }
}

BIF_INLINE void normals_loop(const Stream& stream, float* out, int64_t count, int64_t first, int64_t last) {
  float noise[kBlock];
  for (int64_t block = first; block < last; block++) {
    block_normals(stream, block, noise);
    std::memcpy(out + block * kBlock, noise, elements_of(block, count) * sizeof(float));
  }
}

// The loops under one set of compiler targets.
#define BIF_LOOPS(NAME, TARGET)                                                                                  \
  struct NAME {                                                                                                  \
    TARGET static void sgld(const LangevinConstants& k, const Stream& s, const LangevinVectors& v, int64_t first, \
                            int64_t last) { sgld_loop(k, s, v, first, last); }                                   \
    TARGET static void rmsprop(const LangevinConstants& k, const Stream& s, const LangevinVectors& v,            \
                               int64_t first, int64_t last) { rmsprop_loop(k, s, v, first, last); }              \
    TARGET static void baoab(const InertialConstants& k, const Stream& s, const InertialVectors& v, int64_t first,  \
                             int64_t last) { baoab_loop(k, s, v, first, last); }                                 \
    TARGET static void normals(const Stream& s, float* out, int64_t count, int64_t first, int64_t last) {        \
      normals_loop(s, out, count, first, last);                                                                  \
    }                                                                                                            \
  };

BIF_LOOPS(Plain, )
#ifdef __x86_64__
BIF_LOOPS(Avx2, BIF_TARGET_AVX2)
BIF_LOOPS(Avx512, BIF_TARGET_AVX512)
#endif

template <typename Loops>
LangevinLoops loops_of() {
  return {Loops::sgld, Loops::rmsprop, Loops::baoab, Loops::normals};
}

}  // namespace

LangevinLoops langevin_loops() {
  switch (widest_vectors()) {
#ifdef __x86_64__
    case Vectors::avx512: return loops_of<Avx512>();
    case Vectors::avx2: return loops_of<Avx2>();
#endif
    default: return loops_of<Plain>();
  }
}

}  // namespace bif
