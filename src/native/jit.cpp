// TorchScript modules: load, named tensors, forward, mode.
#include "abi.h"

#include <torch/script.h>
#include <torch/torch.h>

#include <sstream>

namespace {

torch::jit::Module& module(void* handle) { return *static_cast<torch::jit::Module*>(handle); }

// Joins names with newlines and gives a new handle per tensor; the count is returned even when there is no room.
template <typename List>
int list_tensors(const List& list, char* names, int names_capacity, void** handles, int capacity) {
  std::string joined;
  int count = 0;
  for (const auto& entry : list) {
    joined += entry.name + '\n';
    count++;
  }
  if (count > capacity || static_cast<int>(joined.size()) >= names_capacity) {
    return std::max<int>(count, static_cast<int>(joined.size()) + 1);
  }
  std::copy(joined.begin(), joined.end(), names);
  names[joined.size()] = 0;
  int i = 0;
  for (const auto& entry : list) handles[i++] = new at::Tensor(entry.value);
  return count;
}

}  // namespace

BIF_API int bif_jit_load(const char* file, int device_type, int device_index, void** out) {
  return bif::guarded([&] {
    const c10::Device device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index));
    *out = new torch::jit::Module(torch::jit::load(file, device));
  });
}

BIF_API int bif_jit_load_bytes(const char* bytes, int64_t count, int device_type, int device_index, void** out) {
  return bif::guarded([&] {
    const c10::Device device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index));
    std::istringstream stream(std::string(bytes, count));
    *out = new torch::jit::Module(torch::jit::load(stream, device));
  });
}

BIF_API void bif_jit_release(void* handle) { delete static_cast<torch::jit::Module*>(handle); }

// Returns the number of tensors; a number above both capacities' use means: call again with at least that room.
BIF_API int bif_jit_parameters(void* handle, char* names, int names_capacity, void** handles, int capacity) {
  return list_tensors(module(handle).named_parameters(true), names, names_capacity, handles, capacity);
}
BIF_API int bif_jit_buffers(void* handle, char* names, int names_capacity, void** handles, int capacity) {
  return list_tensors(module(handle).named_buffers(true), names, names_capacity, handles, capacity);
}

BIF_API int bif_jit_train(void* handle, int on) {
  return bif::guarded([&] { module(handle).train(on != 0); });
}

BIF_API int bif_jit_forward(void* handle, void** inputs, int count, void** out) {
  return bif::guarded([&] {
    std::vector<c10::IValue> values;
    for (int i = 0; i < count; i++) values.emplace_back(*static_cast<at::Tensor*>(inputs[i]));
    const auto result = module(handle).forward(std::move(values));
    TORCH_CHECK(result.isTensor(), "the module returns ", result.tagKind(), " instead of a tensor");
    *out = new at::Tensor(result.toTensor());
  });
}
