// The library's global state: versions, threads, CUDA.
#include "abi.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <dlfcn.h>

// Number of this ABI; NativeLoader refuses another one.
BIF_API int bif_abi() { return 4; }

BIF_API const char* bif_torch_version() { return TORCH_VERSION; }

// The kernels that OpenBLAS chose for this processor ("SkylakeX"), or null where libtorch uses another BLAS.
BIF_API const char* bif_openblas_core() {
  void* const library = dlopen("libopenblas.so.0", RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) return nullptr;
  const auto name = reinterpret_cast<const char* (*)()>(dlsym(library, "openblas_get_corename"));
  dlclose(library);
  return name == nullptr ? nullptr : name();
}

BIF_API int bif_get_num_threads() { return at::get_num_threads(); }

// Threads inside operators that the calling thread starts. libtorch gives a thread the process-wide count when the
// thread first asks; asking here keeps that from overwriting the count set now.
BIF_API int bif_set_num_threads(int count) {
  return bif::guarded([&] {
    at::get_num_threads();
    at::set_num_threads(count);
  });
}

BIF_API int bif_cuda_device_count() { return torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0; }

// Waits for the device's work; -1 is the current device.
BIF_API int bif_cuda_synchronize(int64_t device) {
  return bif::guarded([&] { torch::cuda::synchronize(device); });
}

// Whether float32 products on the GPU may be computed in TF32, in cuBLAS (which = 0) and cuDNN (1).
BIF_API int bif_get_tf32(int which) {
  return which == 0 ? at::globalContext().allowTF32CuBLAS() : at::globalContext().allowTF32CuDNN();
}

BIF_API int bif_set_tf32(int which, int allowed) {
  return bif::guarded([&] {
    if (which == 0) {
      at::globalContext().setAllowTF32CuBLAS(allowed != 0);
    } else {
      at::globalContext().setAllowTF32CuDNN(allowed != 0);
    }
  });
}
