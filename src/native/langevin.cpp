// The ABI of the fused Langevin steps and of the noise: checks, threads, choice of device.
#include "langevin.h"

#include "abi.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

#include <algorithm>

namespace {

at::Tensor& tensor(void* handle) { return *static_cast<at::Tensor*>(handle); }

// The memory of a vector that fits w; one sentence where it does not.
float* vector_data(const char* name, const at::Tensor& vector, const at::Tensor& w) {
  TORCH_CHECK(vector.defined(), "the Langevin step needs a ", name, " tensor");
  TORCH_CHECK(vector.scalar_type() == at::kFloat, "the Langevin step works in float32, but ", name, " is ", vector.scalar_type());
  TORCH_CHECK(vector.is_contiguous(), "the Langevin step needs contiguous memory, but ", name, " has strides ", vector.strides());
  TORCH_CHECK(vector.numel() == w.numel(), "the Langevin step needs vectors of equal length, but w has ", w.numel(),
              " elements and ", name, " has ", vector.numel());
  TORCH_CHECK(vector.device() == w.device(), "the Langevin step needs vectors on one device, but w is on ", w.device(),
              " and ", name, " on ", vector.device());
  return static_cast<float*>(vector.data_ptr());
}

// The vectors of a step where a loop serves them. Built without a CUDA compiler there is no kernel for CUDA vectors:
// copies travel to the host, the CPU's loop works on them, and finish() brings back what it changed. The same bits, at
// the price of the transfers.
class Served {
 public:
  Served(std::initializer_list<void*> handles) : given_(handles) {
    for (void* handle : given_) copies_.push_back(handle != nullptr && detours(tensor(handle)) ? tensor(handle).cpu() : at::Tensor());
  }

  at::Tensor& operator[](size_t index) { return copies_[index].defined() ? copies_[index] : tensor(given_[index]); }

  void finish(std::initializer_list<size_t> changed) {
    const at::NoGradGuard no_gradient;
    for (const size_t index : changed) {
      if (copies_[index].defined()) tensor(given_[index]).copy_(copies_[index]);
    }
  }

 private:
  static bool detours(const at::Tensor& vector) {
#ifdef BIF_WITH_CUDA
    return false;
#else
    return vector.is_cuda();
#endif
  }

  std::vector<void*> given_;
  std::vector<at::Tensor> copies_;
};

bif::Stream noise_stream(uint64_t seed, uint32_t chain, uint64_t step, uint32_t purpose) {
  TORCH_CHECK(step >> 48 == 0, "step ", step, " is beyond 2^48, where the noise would repeat");
  TORCH_CHECK(purpose < 256, "purpose ", purpose, " is beyond 255");
  return {seed, step, chain, purpose};
}

// Runs body(first, last) over the blocks on as many threads as libtorch gives the calling thread. The team is ours, so
// that the number holds even where libtorch brought another OpenMP runtime.
template <typename Body>
void over_blocks(int64_t count, const Body& body) {
  const int64_t blocks = (count + bif::kBlock - 1) / bif::kBlock;
  constexpr int64_t kLeastBlocks = 256;  // below 16,384 elements a second thread costs more than it saves
  const int64_t wanted = at::in_parallel_region() ? 1 : at::get_num_threads();
  const int threads = static_cast<int>(std::max<int64_t>(1, std::min(wanted, blocks / kLeastBlocks)));
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
  for (int part = 0; part < threads; part++) {
    body(blocks * part / threads, blocks * (part + 1) / threads);
  }
}

[[noreturn]] void refuse(const at::Device& device) {
  TORCH_CHECK(false, "there is no Langevin step for ", device.str(), ": use cpu or cuda");
}

void run_step(const at::Tensor& w, const bif::LangevinConstants& constants, const bif::Stream& stream,
              const bif::LangevinVectors& vectors) {
  if (w.is_cpu()) {
    static const bif::LangevinLoops loops = bif::langevin_loops();
    const auto loop = vectors.second_moment == nullptr ? loops.sgld : loops.rmsprop;
    over_blocks(vectors.count, [&](int64_t first, int64_t last) { loop(constants, stream, vectors, first, last); });
    return;
  }
#ifdef BIF_WITH_CUDA
  if (w.is_cuda()) return bif::langevin_cuda(w.device().index(), constants, stream, vectors);
#endif
  refuse(w.device());
}

}  // namespace

BIF_API int bif_langevin_sgld(void* w, void* gradient, void* center, double epsilon, double nbeta, double gamma,
                              uint64_t seed, uint32_t chain, uint64_t step, int clear_gradient) {
  return bif::guarded([&] {
    Served served{w, gradient, center};
    const at::Tensor& position = served[0];
    const bif::LangevinVectors vectors{
        vector_data("w", position, position), vector_data("gradient", served[1], position),
        vector_data("center", served[2], position), nullptr, position.numel(), clear_gradient != 0};
    const bif::LangevinConstants constants{static_cast<float>(epsilon), static_cast<float>(nbeta), static_cast<float>(gamma), 1, 1, 0};
    run_step(position, constants, noise_stream(seed, chain, step, 0), vectors);
    served.finish({0, 1});
  });
}

BIF_API int bif_langevin_rmsprop(void* w, void* gradient, void* center, void* second_moment, double epsilon, double nbeta,
                                 double gamma, double decay, double stabilizer, double correction, uint64_t seed,
                                 uint32_t chain, uint64_t step, int clear_gradient) {
  return bif::guarded([&] {
    Served served{w, gradient, center, second_moment};
    const at::Tensor& position = served[0];
    const bif::LangevinVectors vectors{
        vector_data("w", position, position), vector_data("gradient", served[1], position),
        vector_data("center", served[2], position), vector_data("second moment", served[3], position),
        position.numel(), clear_gradient != 0};
    const bif::LangevinConstants constants{
        static_cast<float>(epsilon), static_cast<float>(nbeta), static_cast<float>(gamma),
        static_cast<float>(decay), static_cast<float>(stabilizer), static_cast<float>(correction)};
    run_step(position, constants, noise_stream(seed, chain, step, 0), vectors);
    served.finish({0, 1, 3});
  });
}

BIF_API int bif_langevin_baoab(void* w, void* velocity, void* gradient, void* center, void* scale, double kick, double drift,
                               double nbeta, double gamma, double keep, double noise, uint64_t seed, uint32_t chain,
                               uint64_t step, int clear_gradient) {
  return bif::guarded([&] {
    Served served{w, velocity, gradient, center, scale};
    const at::Tensor& position = served[0];
    const bif::InertialVectors vectors{
        vector_data("w", position, position), vector_data("velocity", served[1], position),
        vector_data("gradient", served[2], position),
        center == nullptr ? nullptr : vector_data("center", served[3], position),
        scale == nullptr ? nullptr : vector_data("scale", served[4], position), position.numel(), clear_gradient != 0};
    const bif::InertialConstants constants{static_cast<float>(kick),  static_cast<float>(drift), static_cast<float>(nbeta),
                                           static_cast<float>(gamma), static_cast<float>(keep),  static_cast<float>(noise)};
    const bif::Stream stream = noise_stream(seed, chain, step, 0);
    if (position.is_cpu()) {
      static const bif::LangevinLoops loops = bif::langevin_loops();
      over_blocks(vectors.count, [&](int64_t first, int64_t last) { loops.baoab(constants, stream, vectors, first, last); });
      served.finish({0, 1, 2});
      return;
    }
#ifdef BIF_WITH_CUDA
    if (position.is_cuda()) return bif::baoab_cuda(position.device().index(), constants, stream, vectors);
#endif
    refuse(position.device());
  });
}

BIF_API int bif_normals(void* out, uint64_t seed, uint32_t chain, uint64_t step, uint32_t purpose) {
  return bif::guarded([&] {
    Served served{out};
    const at::Tensor& target = served[0];
    float* data = vector_data("out", target, target);
    const bif::Stream stream = noise_stream(seed, chain, step, purpose);
    if (target.is_cpu()) {
      static const bif::LangevinLoops loops = bif::langevin_loops();
      over_blocks(target.numel(), [&](int64_t first, int64_t last) { loops.normals(stream, data, target.numel(), first, last); });
      served.finish({0});
      return;
    }
#ifdef BIF_WITH_CUDA
    if (target.is_cuda()) return bif::normals_cuda(target.device().index(), stream, data, target.numel());
#endif
    refuse(target.device());
  });
}

// Copies float32 vectors on the step's threads: what the step's speed is measured against.
BIF_API int bif_copy_vectors(void** from, void** to, int count) {
  return bif::guarded([&] {
    const at::Tensor& first = tensor(from[0]);
    std::vector<std::pair<const float*, float*>> pairs;
    for (int i = 0; i < count; i++) {
      pairs.emplace_back(vector_data("source", tensor(from[i]), first), vector_data("target", tensor(to[i]), first));
    }
    TORCH_CHECK(first.is_cpu(), "copying is measured on the CPU only");
    over_blocks(first.numel(), [&](int64_t begin, int64_t end) {
      const int64_t element = begin * bif::kBlock;
      const int64_t length = std::min(end * bif::kBlock, first.numel()) - element;
      for (const auto& [source, target] : pairs) std::memcpy(target + element, source + element, length * sizeof(float));
    });
  });
}
