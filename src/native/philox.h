// Counter-based Gaussian noise: Philox 4x32-10 (Salmon, Moraes, Dror and Shaw 2011) and Box-Muller in float32.
//
// Every operation is an integer operation, an IEEE add or multiply, an explicit fused multiply-add, a conversion or a
// square root, so the same bits come out for any number of threads and any vector width, here, in the managed twin
// (Bif.Kernels.Philox) and on a GPU.
//
// Element i of a vector at step t of chain c with seed s: the block i/64 has 16 counters; the element uses counter
// 16*(i/64) + i%16 and of its four words the one numbered (i/16)%4. The counter's words are
// (counter, chain | purpose << 24, t low, t high), its key (s low, s high).
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__CUDACC__)
#define BIF_INLINE __host__ __device__ __forceinline__
#else
#define BIF_INLINE inline __attribute__((always_inline))
#endif

namespace bif {

BIF_INLINE float fused(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
  return __fmaf_rn(a, b, c);
#else
  return __builtin_fmaf(a, b, c);
#endif
}

BIF_INLINE float times(float a, float b) {
#if defined(__CUDA_ARCH__)
  return __fmul_rn(a, b);
#else
  return a * b;
#endif
}

BIF_INLINE float plus(float a, float b) {
#if defined(__CUDA_ARCH__)
  return __fadd_rn(a, b);
#else
  return a + b;
#endif
}

BIF_INLINE float square_root(float a) {
#if defined(__CUDA_ARCH__)
  return __fsqrt_rn(a);
#else
  return __builtin_sqrtf(a);
#endif
}

BIF_INLINE float from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

BIF_INLINE uint32_t to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

// One round: two 32x32 -> 64 bit products cross the words.
BIF_INLINE void philox_round(uint32_t& c0, uint32_t& c1, uint32_t& c2, uint32_t& c3, uint32_t k0, uint32_t k1) {
  const uint64_t p0 = static_cast<uint64_t>(0xD2511F53u) * c0;
  const uint64_t p1 = static_cast<uint64_t>(0xCD9E8D57u) * c2;
  const uint32_t n0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
  const uint32_t n2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
  c1 = static_cast<uint32_t>(p1);
  c3 = static_cast<uint32_t>(p0);
  c0 = n0;
  c2 = n2;
}

// log(u) for u = (word >> 8 plus 1) * 2^-24 in (0, 1].
BIF_INLINE float log_uniform(uint32_t word) {
  const float u = times(static_cast<float>((word >> 8) + 1u), 5.9604644775390625e-8f);
  // u = 2^exponent * m with m in [sqrt(1/2), sqrt(2)).
  const uint32_t shifted = to_bits(u) - 0x3f3504f3u;
  const float exponent = static_cast<float>(static_cast<int32_t>(shifted) >> 23);
  const float m = from_bits((shifted & 0x007fffffu) + 0x3f3504f3u);
  const float x = plus(m, -1.0f);
  const float z = times(x, x);
  float p = 7.0376836292e-2f;
  p = fused(p, x, -1.1514610310e-1f);
  p = fused(p, x, 1.1676998740e-1f);
  p = fused(p, x, -1.2420140846e-1f);
  p = fused(p, x, 1.4249322787e-1f);
  p = fused(p, x, -1.6668057665e-1f);
  p = fused(p, x, 2.0000714765e-1f);
  p = fused(p, x, -2.4999993993e-1f);
  p = fused(p, x, 3.3333331174e-1f);
  float y = times(times(p, x), z);
  y = fused(exponent, -2.12194440e-4f, y);
  y = fused(-0.5f, z, y);
  return fused(exponent, 0.693359375f, plus(x, y));
}

// Two independent standard normals from two words.
BIF_INLINE void box_muller(uint32_t radius_word, uint32_t angle_word, float& first, float& second) {
  const float radius = square_root(times(-2.0f, log_uniform(radius_word)));
  // The top two bits choose the quadrant, the next 24 the angle within it, centred: theta in (-pi/4, pi/4).
  const uint32_t quadrant = angle_word >> 30;
  const float fraction = fused(static_cast<float>((angle_word << 2) >> 8), 5.9604644775390625e-8f, -0.5f + 2.98023223876953125e-8f);
  const float theta = times(fraction, 1.57079632679489662f);
  const float z = times(theta, theta);
  float s = fused(-1.9515295891e-4f, z, 8.3321608736e-3f);
  s = fused(s, z, -1.6666654611e-1f);
  s = fused(times(s, z), theta, theta);
  float c = fused(2.443315711809948e-5f, z, -1.388731625493765e-3f);
  c = fused(c, z, 4.166664568298827e-2f);
  c = fused(times(c, z), z, fused(-0.5f, z, 1.0f));
  // Rotate by the quadrant: swap in odd ones, signs from bits.
  const uint32_t odd = quadrant & 1u;
  const uint32_t sign_a = (odd ^ (quadrant >> 1)) << 31;
  const uint32_t sign_b = (quadrant >> 1) << 31;
  const float a = odd ? s : c;
  const float b = odd ? c : s;
  first = times(radius, from_bits(to_bits(a) ^ sign_a));
  second = times(radius, from_bits(to_bits(b) ^ sign_b));
}

struct NoiseKey {
  uint32_t key0, key1, chain, step_low, step_high;
};

// The 64 normals of one block.
BIF_INLINE void normal_block(const NoiseKey& key, uint64_t block, float* out) {
  uint32_t c0[16], c1[16], c2[16], c3[16];
  for (int lane = 0; lane < 16; lane++) {
    c0[lane] = static_cast<uint32_t>(block * 16) + lane;
    c1[lane] = key.chain;
    c2[lane] = key.step_low;
    c3[lane] = key.step_high;
  }
  uint32_t k0 = key.key0, k1 = key.key1;
  for (int round = 0; round < 10; round++) {
    for (int lane = 0; lane < 16; lane++) philox_round(c0[lane], c1[lane], c2[lane], c3[lane], k0, k1);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  for (int lane = 0; lane < 16; lane++) {
    box_muller(c0[lane], c1[lane], out[lane], out[16 + lane]);
    box_muller(c2[lane], c3[lane], out[32 + lane], out[48 + lane]);
  }
}

}  // namespace bif
