// The fused Langevin steps on CUDA: one kernel per step, a thread per pair of counters' lanes, the same noise as on the CPU.
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>

#include <cmath>

#include "langevin.h"

namespace bif {
namespace {

// The four normals of one counter; element offsets within the block are lane, 16+lane, 32+lane, 48+lane.
__device__ void counter_normals(const NoiseKey& key, uint32_t counter, float* out) {
  uint32_t c0 = counter, c1 = key.chain, c2 = key.step_low, c3 = key.step_high, k0 = key.key0, k1 = key.key1;
  for (int round = 0; round < 10; round++) {
    philox_round(c0, c1, c2, c3, k0, k1);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  box_muller(c0, c1, out[0], out[1]);
  box_muller(c2, c3, out[2], out[3]);
}

template <typename Update>
__global__ void step_kernel(NoiseKey key, int64_t count, Update update) {
  const int64_t counters = (count + 63) / 64 * 16;
  for (int64_t index = blockIdx.x * static_cast<int64_t>(blockDim.x) + threadIdx.x; index < counters;
       index += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    float noise[4];
    counter_normals(key, static_cast<uint32_t>(index), noise);
    const int64_t start = index / 16 * 64 + index % 16;
#pragma unroll
    for (int word = 0; word < 4; word++) {
      const int64_t element = start + 16 * word;
      if (element < count) update(element, noise[word]);
    }
  }
}

template <typename Update>
void launch(const at::Tensor& like, const NoiseKey& key, Update update) {
  const c10::cuda::CUDAGuard guard(like.device());
  const int64_t count = like.numel();
  if (count == 0) return;
  const int64_t counters = (count + 63) / 64 * 16;
  const int threads = 256;
  const int blocks = static_cast<int>(std::min<int64_t>((counters + threads - 1) / threads, 4096));
  step_kernel<<<blocks, threads, 0, at::cuda::getCurrentCUDAStream()>>>(key, count, update);
  C10_CUDA_KERNEL_LAUNCH_CHECK();
}

float* floats(const at::Tensor& t, const at::Tensor& like) {
  TORCH_CHECK(t.is_cuda() && t.is_contiguous() && t.scalar_type() == at::kFloat && t.numel() == like.numel(),
              "a Langevin step needs contiguous float32 vectors of one length on one device");
  return t.data_ptr<float>();
}

}  // namespace

void cuda_normals(at::Tensor& out, const NoiseKey& key) {
  float* to = floats(out, out);
  launch(out, key, [=] __device__(int64_t i, float noise) { to[i] = noise; });
}

void cuda_sgld(at::Tensor& w, at::Tensor& gradient, const at::Tensor& center, double epsilon, double nbeta, double gamma,
               const NoiseKey& key, bool clear) {
  float* to = floats(w, w);
  float* g = floats(gradient, w);
  const float* c = floats(center, w);
  const float half = static_cast<float>(epsilon / 2), nb = static_cast<float>(nbeta), ga = static_cast<float>(gamma);
  const float scale = static_cast<float>(std::sqrt(epsilon));
  launch(w, key, [=] __device__(int64_t i, float noise) {
    const float force = plus(times(nb, g[i]), times(ga, plus(to[i], -c[i])));
    to[i] = plus(plus(to[i], -times(half, force)), times(scale, noise));
    if (clear) g[i] = 0.0f;
  });
}

void cuda_rmsprop(at::Tensor& w, at::Tensor& gradient, const at::Tensor& center, at::Tensor& moment, double epsilon,
                  double nbeta, double gamma, double decay, double correction, double stabilizer, const NoiseKey& key,
                  bool clear) {
  float* to = floats(w, w);
  float* g = floats(gradient, w);
  const float* c = floats(center, w);
  float* v = floats(moment, w);
  const float eps = static_cast<float>(epsilon), nb = static_cast<float>(nbeta), ga = static_cast<float>(gamma);
  const float a = static_cast<float>(decay), fix = static_cast<float>(correction), e = static_cast<float>(stabilizer);
  launch(w, key, [=] __device__(int64_t i, float noise) {
    const float gradient_i = g[i];
    v[i] = plus(times(a, v[i]), times(1.0f - a, times(gradient_i, gradient_i)));
    const float step = eps / plus(square_root(times(v[i], fix)), e);
    const float force = plus(times(nb, gradient_i), times(ga, plus(to[i], -c[i])));
    to[i] = plus(plus(to[i], -times(times(0.5f, step), force)), times(square_root(step), noise));
    if (clear) g[i] = 0.0f;
  });
}

}  // namespace bif
