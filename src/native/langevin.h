// One step of Langevin dynamics at one element; shared by the CPU's and CUDA's loops.
#pragma once

#include "normal.h"

namespace bif {

BIF_INLINE float divide(float a, float b) {
#ifdef __CUDA_ARCH__
  return __fdiv_rn(a, b);
#else
  return a / b;
#endif
}

// Constants of a step. correction multiplies the second moment: 1/(1 - decay^(t+1)), 1 or 0.
struct LangevinConstants {
  float epsilon, nbeta, gamma;
  float decay, stabilizer, correction;
};

// w - (epsilon/2) (nbeta g + gamma (w - center)) + sqrt(epsilon) noise
BIF_INLINE float langevin(const LangevinConstants& k, float epsilon, float w, float g, float center, float noise) {
  const float drift = fma(k.gamma, w - center, k.nbeta * g);
  return fma(root(epsilon), noise, fma(-0.5f * epsilon, drift, w));
}

// decay v + (1 - decay) g^2
BIF_INLINE float second_moment(const LangevinConstants& k, float v, float g) {
  return fma(k.decay, v, (1.0f - k.decay) * (g * g));
}

// epsilon / (sqrt(correction v) + stabilizer)
BIF_INLINE float preconditioned(const LangevinConstants& k, float v) {
  return divide(k.epsilon, root(v * k.correction) + k.stabilizer);
}

// The vectors of a step; count elements each. center and second_moment may be null where the step does not use them.
struct LangevinVectors {
  float* w;
  float* gradient;
  const float* center;
  float* second_moment;
  int64_t count;
  bool clear_gradient;
};

// The loops. Blocks [first, last) of kBlock elements, CPU:
using LangevinLoop = void (*)(const LangevinConstants&, const Stream&, const LangevinVectors&, int64_t first, int64_t last);
using NormalsLoop = void (*)(const Stream&, float* out, int64_t count, int64_t first, int64_t last);

// Loops compiled for the widest vectors that this processor has.
struct LangevinLoops {
  LangevinLoop sgld, rmsprop;
  NormalsLoop normals;
};
LangevinLoops langevin_loops();

#ifdef BIF_WITH_CUDA
// The whole vector, on the current stream of the CUDA device given.
void langevin_cuda(int device, const LangevinConstants&, const Stream&, const LangevinVectors&);
void normals_cuda(int device, const Stream&, float* out, int64_t count);
#endif

}  // namespace bif
