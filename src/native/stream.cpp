// Queues of work on a GPU.
#include "abi.h"

#include <c10/core/impl/VirtualGuardImpl.h>

// Gives the calling thread a stream of its own on a CUDA device, from libtorch's pool: what it asks for then runs beside
// what other threads ask for. The stream stays the thread's to its end.
BIF_API int bif_stream_own(int device) {
  return bif::guarded([&] {
    const c10::impl::VirtualGuardImpl cuda(c10::kCUDA);
    const c10::Device place(c10::kCUDA, static_cast<c10::DeviceIndex>(device));
    cuda.setDevice(place);
    cuda.exchangeStream(cuda.getStreamFromGlobalPool(place));
  });
}
