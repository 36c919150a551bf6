// Queues of work on a GPU.
#include "abi.h"

#include <c10/core/AutogradState.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace {

// Backward passes otherwise run on one thread per device, which all threads share with its cuDNN and cuBLAS handles: while one
// of them records a graph, another's would work on handles that belong to a capturing stream.
template <typename State>
auto keep_backward_here(State& state, int) -> decltype(state.set_multithreading_enabled(false)) {
  return state.set_multithreading_enabled(false);
}

// libtorch before 2.0 has no choice, and records no graphs.
template <typename State>
void keep_backward_here(State&, long) {}

}  // namespace

// Gives the calling thread a stream of its own on a CUDA device, from libtorch's pool: what it asks for then runs beside
// what other threads ask for, backward passes too. The stream stays the thread's to its end.
BIF_API int bif_stream_own(int device) {
  return bif::guarded([&] {
    const c10::impl::VirtualGuardImpl cuda(c10::kCUDA);
    const c10::Device place(c10::kCUDA, static_cast<c10::DeviceIndex>(device));
    cuda.setDevice(place);
    cuda.exchangeStream(cuda.getStreamFromGlobalPool(place));
    keep_backward_here(c10::AutogradState::get_tls_state(), 0);
  });
}
