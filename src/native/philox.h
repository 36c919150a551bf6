// Philox 4x32-10, the counter-based generator of Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
// 1, 2, 3" (SC 2011). The same source serves the CPU (every vector width) and CUDA; Bif.Kernels/Philox.cs is its twin.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define BIF_INLINE __host__ __device__ __forceinline__
#else
#define BIF_INLINE inline __attribute__((always_inline))
#endif

namespace bif {

struct Words {
  uint32_t x0, x1, x2, x3;
};

// Ten rounds of the bijection that the key selects.
BIF_INLINE Words philox(uint32_t key0, uint32_t key1, Words c) {
  for (int round = 0; round < 10; round++) {
    const uint64_t product0 = static_cast<uint64_t>(0xD2511F53u) * c.x0;
    const uint64_t product1 = static_cast<uint64_t>(0xCD9E8D57u) * c.x2;
    c = {static_cast<uint32_t>(product1 >> 32) ^ c.x1 ^ key0, static_cast<uint32_t>(product1),
         static_cast<uint32_t>(product0 >> 32) ^ c.x3 ^ key1, static_cast<uint32_t>(product0)};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return c;
}

// Names one stream of random words. Different (seed, chain, purpose, step) never share a (key, counter) pair as long as
// step < 2^48 and fewer than 2^40 counters (2^42 words) of a stream are used.
struct Stream {
  uint64_t seed;
  uint64_t step;
  uint32_t chain;
  uint32_t purpose;  // < 256; 0 is the Langevin noise
};

// The words of one counter of a stream:
//   key     = (seed low, seed high)
//   counter = (index low, chain, step low, step bits 32..47 << 16 | purpose << 8 | index bits 32..39)
BIF_INLINE Words stream_words(const Stream& s, uint32_t index_low, uint32_t index_high) {
  const uint32_t high = (static_cast<uint32_t>(s.step >> 32) << 16) | (s.purpose << 8) | index_high;
  return philox(static_cast<uint32_t>(s.seed), static_cast<uint32_t>(s.seed >> 32),
                {index_low, s.chain, static_cast<uint32_t>(s.step), high});
}

}  // namespace bif
