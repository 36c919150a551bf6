// Standard normal numbers from random words by Box and Muller's method in float32.
//
// Guaranteed: the result is a function of the words alone, bit for bit, on every processor, vector width and compiler,
// because only correctly rounded operations are used (+, *, fused multiply-add, sqrt, integer conversion) and their
// order is fixed: compile with -ffp-contract=off (CUDA: --fmad=false). Bif.Kernels/NormalTransform.cs is the twin.
// The polynomials are minimax fits in the relative error; log is within 1 unit in the last place, sin and cos within 2.3.
#pragma once

#include "philox.h"

#include <cmath>
#include <cstring>

namespace bif {

BIF_INLINE float fma(float a, float b, float c) {
#ifdef __CUDA_ARCH__
  return __fmaf_rn(a, b, c);
#else
  return __builtin_fmaf(a, b, c);
#endif
}

BIF_INLINE float root(float x) {
#ifdef __CUDA_ARCH__
  return __fsqrt_rn(x);
#else
  return __builtin_sqrtf(x);
#endif
}

BIF_INLINE uint32_t bits_of(float x) {
#ifdef __CUDA_ARCH__
  return __float_as_uint(x);
#else
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
#endif
}

BIF_INLINE float float_of(uint32_t bits) {
#ifdef __CUDA_ARCH__
  return __uint_as_float(bits);
#else
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
#endif
}

// The natural logarithm of a normal positive x: x = 2^e (1 + f), f in [sqrt(1/2) - 1, sqrt(2) - 1).
BIF_INLINE float natural_log(float x) {
  const uint32_t offset = bits_of(x) - 0x3F3504F3u;  // sqrt(1/2) becomes the least mantissa
  const float e = static_cast<float>(static_cast<int32_t>(offset) >> 23);
  const float f = float_of((offset & 0x007FFFFFu) + 0x3F3504F3u) - 1.0f;
  float p = 0x1.1457a2p-4f;
  p = fma(p, f, -0x1.de3c14p-4f);
  p = fma(p, f, 0x1.e6f06cp-4f);
  p = fma(p, f, -0x1.fc2208p-4f);
  p = fma(p, f, 0x1.233768p-3f);
  p = fma(p, f, -0x1.555c4ep-3f);
  p = fma(p, f, 0x1.99a4b6p-3f);
  p = fma(p, f, -0x1.000006p-2f);
  p = fma(p, f, 0x1.555548p-2f);
  const float square = f * f;
  const float tail = fma(p * f, square, fma(-0.5f, square, e * 0x1.7f7d1cp-20f));  // ln 2 = 0x1.62e4p-1 + this
  return fma(e, 0x1.62e4p-1f, f + tail);
}

struct SineCosine {
  float sine, cosine;
};

// Sine and cosine of the angle 2 pi turn / 2^32, reduced exactly to an eighth of a turn either side of an axis.
BIF_INLINE SineCosine sine_cosine(uint32_t turn) {
  const uint32_t quarter = (turn + 0x20000000u) >> 30;
  const float n = static_cast<float>(static_cast<int32_t>(turn - (quarter << 30)));
  const float t = fma(n, 0x1.921fb6p-30f, n * -0x1.777a5cp-55f);  // 2 pi / 2^32 in two parts
  const float z = t * t;
  float s = 0x1.6cd1f2p-19f;
  s = fma(s, z, -0x1.a00f8p-13f);
  s = fma(s, z, 0x1.111108p-7f);
  s = fma(s, z, -0x1.555556p-3f);
  s = fma(s * z, t, t);
  float c = -0x1.241e9cp-22f;
  c = fma(c, z, 0x1.a010dep-16f);
  c = fma(c, z, -0x1.6c16b8p-10f);
  c = fma(c, z, 0x1.555556p-5f);
  c = fma(c * z, z, fma(-0.5f, z, 1.0f));
  const bool swapped = (quarter & 1u) != 0;
  const uint32_t sine = bits_of(swapped ? c : s);
  const uint32_t cosine = bits_of(swapped ? s : c);
  return {float_of(sine ^ ((quarter & 2u) << 30)), float_of(cosine ^ (((quarter + 1u) & 2u) << 30))};
}

struct NormalPair {
  float first, second;
};

// Two independent standard normals. The radius comes from the upper 31 bits of one word, u in (0, 1], so values reach
// sqrt(64 ln 2) = 6.66; the angle from all 32 bits of the other.
BIF_INLINE NormalPair normal_pair(uint32_t radius_word, uint32_t angle_word) {
  const float u = fma(static_cast<float>(static_cast<int32_t>(radius_word >> 1)), 0x1p-31f, 0x1p-32f);
  const float radius = root(-2.0f * natural_log(u));
  const SineCosine angle = sine_cosine(angle_word);
  return {radius * angle.cosine, radius * angle.sine};
}

// A stream's normals come in blocks of 64 from 16 counters, so that 16 lanes work without shuffling: element 64 b + j is
// made by counter 16 b + j % 16, of whose four normals (x0, x1 -> 0, 1; x2, x3 -> 2, 3) it is number j / 16.
constexpr int kBlock = 64;
constexpr int kLanes = 16;

}  // namespace bif
