// The fused Langevin steps on the CPU: one pass over memory, noise made in registers.
#include "abi.h"
#include "langevin.h"
#include "philox.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#define BIF_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

namespace bif {
namespace {

constexpr int64_t kBlock = 64;

struct SgldNumbers {
  float half_epsilon, nbeta, gamma, noise;
  bool clear;
};

struct RmspropNumbers {
  float epsilon, nbeta, gamma, decay, correction, stabilizer;
  bool clear;
};

#if defined(__x86_64__)
BIF_CLONES
#endif
void normals(const NoiseKey& key, int64_t first_block, int64_t last_block, int64_t count, float* out) {
  for (int64_t block = first_block; block < last_block; block++) {
    float noise[kBlock];
    normal_block(key, block, noise);
    const int64_t start = block * kBlock, length = std::min(kBlock, count - start);
    std::memcpy(out + start, noise, length * sizeof(float));
  }
}

#if defined(__x86_64__)
BIF_CLONES
#endif
void sgld(const SgldNumbers& n, const NoiseKey& key, int64_t first_block, int64_t last_block, int64_t count, float* w,
          float* g, const float* center) {
  for (int64_t block = first_block; block < last_block; block++) {
    float noise[kBlock];
    normal_block(key, block, noise);
    const int64_t start = block * kBlock;
    const int64_t length = std::min(kBlock, count - start);
    float* wb = w + start;
    float* gb = g + start;
    const float* cb = center + start;
    for (int64_t i = 0; i < length; i++) {
      const float force = n.nbeta * gb[i] + n.gamma * (wb[i] - cb[i]);
      wb[i] = (wb[i] - n.half_epsilon * force) + n.noise * noise[i];
    }
    if (n.clear) std::memset(gb, 0, length * sizeof(float));
  }
}

#if defined(__x86_64__)
BIF_CLONES
#endif
void rmsprop(const RmspropNumbers& n, const NoiseKey& key, int64_t first_block, int64_t last_block, int64_t count,
             float* w, float* g, const float* center, float* moment) {
  for (int64_t block = first_block; block < last_block; block++) {
    float noise[kBlock];
    normal_block(key, block, noise);
    const int64_t start = block * kBlock;
    const int64_t length = std::min(kBlock, count - start);
    for (int64_t i = 0; i < length; i++) {
      const int64_t at = start + i;
      const float gradient = g[at];
      moment[at] = n.decay * moment[at] + (1.0f - n.decay) * (gradient * gradient);
      const float step = n.epsilon / (__builtin_sqrtf(moment[at] * n.correction) + n.stabilizer);
      const float force = n.nbeta * gradient + n.gamma * (w[at] - center[at]);
      w[at] = (w[at] - (0.5f * step) * force) + __builtin_sqrtf(step) * noise[i];
      if (n.clear) g[at] = 0.0f;
    }
  }
}

float* floats(void* handle, int64_t count) {
  auto& t = *static_cast<at::Tensor*>(handle);
  TORCH_CHECK(t.is_contiguous() && t.scalar_type() == at::kFloat && t.numel() == count,
              "a Langevin step needs contiguous float32 vectors of one length");
  return t.data_ptr<float>();
}

template <typename Body>
void over_blocks(int64_t count, Body&& body) {
  at::parallel_for(0, (count + kBlock - 1) / kBlock, 128, [&](int64_t first, int64_t last) { body(first, last); });
}

}  // namespace
}  // namespace bif

using bif::floats;
using bif::NoiseKey;

static NoiseKey noise_key(uint64_t seed, uint32_t chain, uint32_t purpose, uint64_t step) {
  return {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32), chain | (purpose << 24),
          static_cast<uint32_t>(step), static_cast<uint32_t>(step >> 32)};
}

BIF_API int bif_normals(void* out, uint64_t seed, uint32_t chain, uint32_t purpose, uint64_t step) {
  return bif::guarded([&] {
    auto& t = *static_cast<at::Tensor*>(out);
    const auto key = noise_key(seed, chain, purpose, step);
    if (t.is_cuda()) return bif::cuda_normals(t, key);
    const int64_t count = t.numel();
    float* to = floats(out, count);
    bif::over_blocks(count, [&](int64_t first, int64_t last) { bif::normals(key, first, last, count, to); });
  });
}

BIF_API int bif_langevin_sgld(void* w, void* gradient, void* center, double epsilon, double nbeta, double gamma,
                              uint64_t seed, uint32_t chain, uint64_t step, int clear) {
  return bif::guarded([&] {
    auto& position = *static_cast<at::Tensor*>(w);
    const auto key = noise_key(seed, chain, 0, step);
    if (position.is_cuda()) {
      return bif::cuda_sgld(position, *static_cast<at::Tensor*>(gradient), *static_cast<at::Tensor*>(center), epsilon,
                            nbeta, gamma, key, clear != 0);
    }
    const int64_t count = position.numel();
    float* to = floats(w, count);
    float* g = floats(gradient, count);
    const float* c = floats(center, count);
    const bif::SgldNumbers numbers{static_cast<float>(epsilon / 2), static_cast<float>(nbeta), static_cast<float>(gamma),
                                   static_cast<float>(std::sqrt(epsilon)), clear != 0};
    bif::over_blocks(count, [&](int64_t first, int64_t last) { bif::sgld(numbers, key, first, last, count, to, g, c); });
  });
}

BIF_API int bif_langevin_rmsprop(void* w, void* gradient, void* center, void* moment, double epsilon, double nbeta,
                                 double gamma, double decay, double stabilizer, double correction, uint64_t seed,
                                 uint32_t chain, uint64_t step, int clear) {
  return bif::guarded([&] {
    auto& position = *static_cast<at::Tensor*>(w);
    const auto key = noise_key(seed, chain, 0, step);
    if (position.is_cuda()) {
      return bif::cuda_rmsprop(position, *static_cast<at::Tensor*>(gradient), *static_cast<at::Tensor*>(center),
                               *static_cast<at::Tensor*>(moment), epsilon, nbeta, gamma, decay, correction, stabilizer, key,
                               clear != 0);
    }
    const int64_t count = position.numel();
    float* to = floats(w, count);
    float* g = floats(gradient, count);
    const float* c = floats(center, count);
    float* v = floats(moment, count);
    const bif::RmspropNumbers numbers{static_cast<float>(epsilon), static_cast<float>(nbeta), static_cast<float>(gamma),
                                      static_cast<float>(decay), static_cast<float>(correction),
                                      static_cast<float>(stabilizer), clear != 0};
    bif::over_blocks(count, [&](int64_t first, int64_t last) { bif::rmsprop(numbers, key, first, last, count, to, g, c, v); });
  });
}

// Copies three vectors in parallel, as the yardstick of a step.
BIF_API int bif_copy_three(void** from, void** to, int64_t count) {
  return bif::guarded([&] {
    for (int i = 0; i < 3; i++) {
      const float* source = floats(from[i], count);
      float* target = floats(to[i], count);
      at::parallel_for(0, count, 8192, [&](int64_t first, int64_t last) {
        std::memcpy(target + first, source + first, (last - first) * sizeof(float));
      });
    }
  });
}
