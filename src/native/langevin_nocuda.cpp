// Stands in for langevin_cuda.cu where the library is built without CUDA.
#ifndef BIF_WITH_CUDA
#include "langevin.h"

#include <stdexcept>

namespace bif {
namespace {
[[noreturn]] void absent() {
  throw std::runtime_error("this build of the native library has no CUDA kernels: build it against a libtorch with CUDA, with nvcc installed");
}
}  // namespace

void cuda_normals(at::Tensor&, const NoiseKey&) { absent(); }
void cuda_sgld(at::Tensor&, at::Tensor&, const at::Tensor&, double, double, double, const NoiseKey&, bool) { absent(); }
void cuda_rmsprop(at::Tensor&, at::Tensor&, const at::Tensor&, at::Tensor&, double, double, double, double, double, double,
                  const NoiseKey&, bool) {
  absent();
}

}  // namespace bif
#endif
