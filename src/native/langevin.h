// The CUDA side of the fused steps; without CUDA every function throws a sentence.
#pragma once

#include <ATen/ATen.h>

#include "philox.h"

namespace bif {

void cuda_normals(at::Tensor& out, const NoiseKey& key);
void cuda_sgld(at::Tensor& w, at::Tensor& gradient, const at::Tensor& center, double epsilon, double nbeta, double gamma,
               const NoiseKey& key, bool clear);
void cuda_rmsprop(at::Tensor& w, at::Tensor& gradient, const at::Tensor& center, at::Tensor& moment, double epsilon,
                  double nbeta, double gamma, double decay, double correction, double stabilizer, const NoiseKey& key,
                  bool clear);

}  // namespace bif
