// The fused Langevin steps on CUDA: one thread per counter, that is per four elements 16 apart, so that neighbouring
// threads touch neighbouring memory. The arithmetic is the headers', compiled with --fmad=false: the same bits as the CPU.
#include "langevin.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace bif {
namespace {

constexpr int kThreads = 256;

// Calls body(element, noise) for the elements that a counter serves.
template <typename Body>
__device__ __forceinline__ void at_counter(const Stream& stream, int64_t counter, int64_t count, const Body& body) {
  const Words words = stream_words(stream, static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32));
  const NormalPair a = normal_pair(words.x0, words.x1);
  const NormalPair b = normal_pair(words.x2, words.x3);
  const float noise[4] = {a.first, a.second, b.first, b.second};
  const int64_t first = counter / kLanes * kBlock + counter % kLanes;
#pragma unroll
  for (int number = 0; number < 4; number++) {
    const int64_t i = first + number * kLanes;
    if (i < count) body(i, noise[number]);
  }
}

__device__ __forceinline__ int64_t this_counter() { return static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; }

__global__ void sgld_kernel(LangevinConstants k, Stream stream, LangevinVectors v) {
  at_counter(stream, this_counter(), v.count, [&](int64_t i, float noise) {
    v.w[i] = langevin(k, k.epsilon, v.w[i], v.gradient[i], v.center[i], noise);
    if (v.clear_gradient) v.gradient[i] = 0.0f;
  });
}

__global__ void rmsprop_kernel(LangevinConstants k, Stream stream, LangevinVectors v) {
  at_counter(stream, this_counter(), v.count, [&](int64_t i, float noise) {
    const float g = v.gradient[i];
    const float moment = second_moment(k, v.second_moment[i], g);
    v.second_moment[i] = moment;
    v.w[i] = langevin(k, preconditioned(k, moment), v.w[i], g, v.center[i], noise);
    if (v.clear_gradient) v.gradient[i] = 0.0f;
  });
}

__global__ void baoab_kernel(InertialConstants k, Stream stream, InertialVectors v) {
  at_counter(stream, this_counter(), v.count, [&](int64_t i, float noise) {
    const float center = v.center == nullptr ? 0.0f : v.center[i];
    const float scale = v.scale == nullptr ? 1.0f : v.scale[i];
    const Phase next = inertial(k, v.w[i], v.velocity[i], v.gradient[i], center, scale, noise);
    v.w[i] = next.w;
    v.velocity[i] = next.v;
    if (v.clear_gradient) v.gradient[i] = 0.0f;
  });
}

__global__ void normals_kernel(Stream stream, float* out, int64_t count) {
  at_counter(stream, this_counter(), count, [&](int64_t i, float noise) { out[i] = noise; });
}

// Thread blocks that cover every counter of a vector.
unsigned grid(int64_t count) {
  const int64_t counters = (count + kBlock - 1) / kBlock * kLanes;
  return static_cast<unsigned>((counters + kThreads - 1) / kThreads);
}

}  // namespace

void langevin_cuda(int device, const LangevinConstants& k, const Stream& stream, const LangevinVectors& vectors) {
  if (vectors.count == 0) return;
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device));
  const auto queue = c10::cuda::getCurrentCUDAStream().stream();
  if (vectors.second_moment == nullptr) {
    sgld_kernel<<<grid(vectors.count), kThreads, 0, queue>>>(k, stream, vectors);
  } else {
    rmsprop_kernel<<<grid(vectors.count), kThreads, 0, queue>>>(k, stream, vectors);
  }
  C10_CUDA_KERNEL_LAUNCH_CHECK();
}

void baoab_cuda(int device, const InertialConstants& k, const Stream& stream, const InertialVectors& vectors) {
  if (vectors.count == 0) return;
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device));
  baoab_kernel<<<grid(vectors.count), kThreads, 0, c10::cuda::getCurrentCUDAStream().stream()>>>(k, stream, vectors);
  C10_CUDA_KERNEL_LAUNCH_CHECK();
}

void normals_cuda(int device, const Stream& stream, float* out, int64_t count) {
  if (count == 0) return;
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device));
  normals_kernel<<<grid(count), kThreads, 0, c10::cuda::getCurrentCUDAStream().stream()>>>(stream, out, count);
  C10_CUDA_KERNEL_LAUNCH_CHECK();
}

}  // namespace bif
