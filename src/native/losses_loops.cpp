// Losses of rows, sixteen side by side: a row is often too short for vectors along its classes.
// Built with -O3 -fopenmp-simd -fno-math-errno -fno-trapping-math -ffp-contract=off (CMakeLists.txt).
#include "losses_loops.h"

#include "normal.h"
#include "vectors.h"

#include <cmath>
#include <limits>

namespace bif {
namespace {

constexpr int kRows = 16;

// e^x for x <= 0 and NaN, within two units in the last place; 0 where float32 has no normal numbers any more.
BIF_INLINE float exp_below_one(float x) {
  const float n = (x * 0x1.715476p0f + 0x1.8p23f) - 0x1.8p23f;  // x / ln 2 to the nearest whole number
  const float r = (x - n * 0x1.62ep-1f) - n * 0x1.0bfbe8p-15f;  // ln 2 in two parts
  float p = 1.0f / 5040;  // Taylor's series: its eighth term is below 6e-9 at half of ln 2
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const float power = float_of(static_cast<uint32_t>(static_cast<int32_t>(n) + 127) << 23);
  return x < -87.0f ? 0.0f : p * power;
}

BIF_INLINE bool has_nan(const float* values, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    if (std::isnan(values[i])) return true;
  }
  return false;
}

// softplus(logsumexp of the other classes - the label's logit): a confident row's loss lies far below what a
// log-softmax resolves in float32.
BIF_INLINE void losses_of(const float* logits, const int64_t* labels, int64_t classes, float* losses, int64_t first, int64_t last) {
  for (int64_t row = first; row < last; row += kRows) {
    const int rows = last - row < kRows ? static_cast<int>(last - row) : kRows;
    float own[kRows], largest[kRows], sum[kRows];
    int32_t place[kRows], label[kRows];
    for (int lane = 0; lane < kRows; lane++) {
      const int64_t from = row + (lane < rows ? lane : 0);
      place[lane] = static_cast<int32_t>((from - row) * classes);
      label[lane] = static_cast<int32_t>(labels[from]);
      own[lane] = logits[from * classes + labels[from]];
      largest[lane] = -std::numeric_limits<float>::infinity();
      sum[lane] = 0;
    }
    const float* values = logits + row * classes;
    for (int32_t c = 0; c < classes; c++) {
#pragma omp simd simdlen(16)
      for (int lane = 0; lane < kRows; lane++) {
        const float z = c == label[lane] ? -std::numeric_limits<float>::infinity() : values[place[lane] + c];
        largest[lane] = z > largest[lane] ? z : largest[lane];
      }
    }
    for (int32_t c = 0; c < classes; c++) {
#pragma omp simd simdlen(16)
      for (int lane = 0; lane < kRows; lane++) {
        const float z = values[place[lane] + c];
        const float part = exp_below_one(z - largest[lane]);
        sum[lane] += c == label[lane] ? 0.0f : part;
      }
    }
    for (int lane = 0; lane < rows; lane++) {
      // An infinitely likely other class, or none: the sum is 0 times infinity, and the largest says all.
      const float others = !std::isinf(largest[lane]) ? largest[lane] + std::log(sum[lane])
          : has_nan(values + place[lane], classes)    ? std::numeric_limits<float>::quiet_NaN()
                                                      : largest[lane];
      const float difference = others - own[lane];
      losses[row + lane] = difference > 0 ? difference + std::log1p(std::exp(-difference)) : std::log1p(std::exp(difference));
    }
  }
}

void plain(const float* z, const int64_t* y, int64_t c, float* out, int64_t first, int64_t last) { losses_of(z, y, c, out, first, last); }
#ifdef __x86_64__
BIF_TARGET_AVX2 void avx2(const float* z, const int64_t* y, int64_t c, float* out, int64_t first, int64_t last) { losses_of(z, y, c, out, first, last); }
BIF_TARGET_AVX512 void avx512(const float* z, const int64_t* y, int64_t c, float* out, int64_t first, int64_t last) { losses_of(z, y, c, out, first, last); }
#endif

}  // namespace

RowLosses row_losses() {
  switch (widest_vectors()) {
#ifdef __x86_64__
    case Vectors::avx512: return avx512;
    case Vectors::avx2: return avx2;
#endif
    default: return plain;
  }
}

}  // namespace bif
