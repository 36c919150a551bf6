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

// Constants of an underdamped (BAOAB) step: kick multiplies the force, drift each half of the motion; the velocity keeps a
// share of itself and takes up noise.
struct InertialConstants {
  float kick, drift, nbeta, gamma, keep, noise;
};

struct Phase {
  float w, v;
};

// v + kick F scale, F = -(nbeta g + gamma (w - center)); half a drift; friction and noise; half a drift.
BIF_INLINE Phase inertial(const InertialConstants& k, float w, float v, float g, float center, float scale, float noise) {
  const float slope = fma(k.gamma, w - center, k.nbeta * g);
  v = fma(-k.kick * scale, slope, v);
  w = fma(k.drift * scale, v, w);
  v = fma(k.keep, v, k.noise * noise);
  return {fma(k.drift * scale, v, w), v};
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

// The vectors of an underdamped step; center and scale may be null: 0 and 1.
struct InertialVectors {
  float* w;
  float* velocity;
  float* gradient;
  const float* center;
  const float* scale;
  int64_t count;
  bool clear_gradient;
};

// The loops. Blocks [first, last) of kBlock elements, CPU:
using LangevinLoop = void (*)(const LangevinConstants&, const Stream&, const LangevinVectors&, int64_t first, int64_t last);
using InertialLoop = void (*)(const InertialConstants&, const Stream&, const InertialVectors&, int64_t first, int64_t last);
using NormalsLoop = void (*)(const Stream&, float* out, int64_t count, int64_t first, int64_t last);

// Loops compiled for the widest vectors that this processor has.
struct LangevinLoops {
  LangevinLoop sgld, rmsprop;
  InertialLoop baoab;
  NormalsLoop normals;
};
LangevinLoops langevin_loops();

#ifdef BIF_WITH_CUDA
// The whole vector, on the current stream of the CUDA device given.
void langevin_cuda(int device, const LangevinConstants&, const Stream&, const LangevinVectors&);
void baoab_cuda(int device, const InertialConstants&, const Stream&, const InertialVectors&);
void normals_cuda(int device, const Stream&, float* out, int64_t count);
#endif

}  // namespace bif
