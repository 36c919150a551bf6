// CUDA graphs by libtorch's own class, which knows its allocator and generators.
#include "graphs.h"

#include <c10/util/Exception.h>

#ifdef BIF_WITH_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>

#include <memory>

namespace {

struct Recording {
  at::cuda::CUDAGraph graph;
  c10::DeviceIndex device;
};

// In this mode the calls of other threads do not end the recording, nor does it forbid them any.
template <typename Graph>
auto begin(Graph& graph, int) -> decltype(graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal), true) {
  graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
  return true;
}

// libtorch before 2.1 knows only the mode that forbids.
template <typename Graph>
bool begin(Graph&, long) {
  TORCH_CHECK(false, "this libtorch records no graphs beside other threads: use 2.1 or newer");
}

template <typename Graph>
constexpr auto chooses_mode(int) -> decltype(std::declval<Graph&>().capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal), true) {
  return true;
}
template <typename Graph>
constexpr bool chooses_mode(long) {
  return false;
}

Recording& recording(void* graph) { return *static_cast<Recording*>(graph); }

}  // namespace

bool bif_device_graphs(int) { return chooses_mode<at::cuda::CUDAGraph>(0); }

void* bif_device_graph_begin(int device) {
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device));
  auto made = std::make_unique<Recording>();
  made->device = static_cast<c10::DeviceIndex>(device);
  begin(made->graph, 0);
  return made.release();
}

void bif_device_graph_end(void* graph) {
  const c10::cuda::CUDAGuard guard(recording(graph).device);
  recording(graph).graph.capture_end();
}

void bif_device_graph_replay(void* graph) {
  const c10::cuda::CUDAGuard guard(recording(graph).device);
  recording(graph).graph.replay();
}

void bif_device_graph_free(void* graph) {
  const std::unique_ptr<Recording> ended(&recording(graph));
  const c10::cuda::CUDAGuard guard(ended->device);
  // What was replayed last may still be running on the memory that goes. (Not the whole device: another thread may record.)
  c10::cuda::getCurrentCUDAStream(ended->device).synchronize();
}

#else

namespace {
[[noreturn]] void refuse() { TORCH_CHECK(false, "built without CUDA: there are no graphs"); }
}  // namespace

bool bif_device_graphs(int) { return false; }
void* bif_device_graph_begin(int) { refuse(); }
void bif_device_graph_end(void*) { refuse(); }
void bif_device_graph_replay(void*) { refuse(); }
void bif_device_graph_free(void*) {}

#endif

BIF_API int bif_graph_available(int device) { return bif_device_graphs(device) ? 1 : 0; }

BIF_API int bif_graph_begin(int device, void** graph) {
  return bif::guarded([&] { *graph = bif_device_graph_begin(device); });
}

BIF_API int bif_graph_end(void* graph) {
  return bif::guarded([&] { bif_device_graph_end(graph); });
}

BIF_API int bif_graph_replay(void* graph) {
  return bif::guarded([&] { bif_device_graph_replay(graph); });
}

BIF_API int bif_graph_free(void* graph) {
  return bif::guarded([&] { bif_device_graph_free(graph); });
}
