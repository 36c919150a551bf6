// The library's global state: versions, threads, CUDA.
#include "abi.h"

#include <torch/torch.h>
#include <torch/version.h>

// Number of this ABI; NativeLoader refuses another one.
BIF_API int bif_abi() { return 2; }

BIF_API const char* bif_torch_version() { return TORCH_VERSION; }

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
