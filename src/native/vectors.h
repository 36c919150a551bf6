// The widest vectors that the loops may use, and what leaving them costs.
#pragma once

#include <cstdlib>
#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#define BIF_TARGET_AVX2 __attribute__((target("avx2,fma")))
#define BIF_TARGET_AVX512 __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,prefer-vector-width=512")))
#endif

namespace bif {

enum class Vectors { plain, avx2, avx512 };

// BIF_VECTORS=plain|avx2 narrows the choice: tests compare the widths, and it is a way round a faulty machine.
inline Vectors widest_vectors() {
#ifdef __x86_64__
  const char* limit = std::getenv("BIF_VECTORS");
  const bool plain = limit != nullptr && std::strcmp(limit, "plain") == 0;
  const bool avx2 = limit != nullptr && std::strcmp(limit, "avx2") == 0;
  if (!plain && !avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
    return Vectors::avx512;
  }
  if (!plain && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Vectors::avx2;
#endif
  return Vectors::plain;
}

#ifdef __x86_64__
__attribute__((target("avx"))) inline void clear_upper_halves_avx() { _mm256_zeroupper(); }
#endif

// OpenBLAS's wide kernels leave the upper halves of the vector registers filled; until they are cleared, every instruction
// of code that was compiled for plain SSE2 (ours, and much of libtorch's) takes several times as long.
inline void clear_upper_halves() {
#ifdef __x86_64__
  static const bool wide = __builtin_cpu_supports("avx");
  if (wide) clear_upper_halves_avx();
#endif
}

}  // namespace bif
