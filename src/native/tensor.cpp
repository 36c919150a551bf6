// Tensors: creation from memory, questions about them, gradients, and the library's global state.
#include "abi.h"

#include <torch/torch.h>
#include <torch/version.h>

#include <cstring>

namespace {
at::Tensor& tensor(void* handle) { return *static_cast<at::Tensor*>(handle); }
void* keep(at::Tensor value) { return new at::Tensor(std::move(value)); }
}  // namespace

// Number of this ABI; Bif.Torch refuses another one.
BIF_API int bif_abi() { return 1; }

BIF_API const char* bif_torch_version() { return TORCH_VERSION; }

// How libtorch was built; valid for the life of the process.
BIF_API const char* bif_torch_show_config() {
  static const std::string text = torch::show_config();
  return text.c_str();
}

BIF_API void bif_tensor_release(void* handle) { delete static_cast<at::Tensor*>(handle); }

// A tensor with a copy of the data.
BIF_API int bif_tensor_from_data(const void* data, int dtype, const int64_t* sizes, int dimensions, void** out) {
  return bif::guarded([&] {
    auto value = at::empty(at::IntArrayRef(sizes, dimensions), at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)));
    std::memcpy(value.data_ptr(), data, value.nbytes());
    *out = keep(std::move(value));
  });
}

// A tensor over memory that the caller keeps alive.
BIF_API int bif_tensor_over(void* data, int dtype, const int64_t* sizes, int dimensions, void** out) {
  return bif::guarded([&] {
    *out = keep(at::from_blob(data, at::IntArrayRef(sizes, dimensions),
                              at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype))));
  });
}

// info: dtype, device type, device index, dimensions, elements, element size, requires_grad, is_leaf, is_contiguous.
BIF_API int bif_tensor_info(void* handle, int64_t* info) {
  return bif::guarded([&] {
    const auto& t = tensor(handle);
    info[0] = static_cast<int64_t>(t.scalar_type());
    info[1] = static_cast<int64_t>(t.device().type());
    info[2] = t.device().index();
    info[3] = t.dim();
    info[4] = t.numel();
    info[5] = t.element_size();
    info[6] = t.requires_grad();
    info[7] = t.is_leaf();
    info[8] = t.is_contiguous();
  });
}

BIF_API void bif_tensor_sizes(void* handle, int64_t* sizes, int64_t* strides) {
  const auto& t = tensor(handle);
  for (int64_t i = 0; i < t.dim(); i++) {
    sizes[i] = t.size(i);
    strides[i] = t.stride(i);
  }
}

BIF_API int bif_tensor_data(void* handle, void** data) {
  return bif::guarded([&] { *data = tensor(handle).data_ptr(); });
}

BIF_API int bif_tensor_backward(void* handle, void* gradient, int retain_graph) {
  return bif::guarded([&] {
    tensor(handle).backward(gradient ? tensor(gradient) : at::Tensor(), retain_graph != 0);
  });
}

// The gradient, or null where there is none.
BIF_API int bif_tensor_grad(void* handle, void** out) {
  return bif::guarded([&] {
    const auto& gradient = tensor(handle).grad();
    *out = gradient.defined() ? keep(gradient) : nullptr;
  });
}

BIF_API int bif_tensor_set_grad(void* handle, void* gradient) {
  return bif::guarded([&] { tensor(handle).mutable_grad() = gradient ? tensor(gradient) : at::Tensor(); });
}

BIF_API int bif_tensor_set_requires_grad(void* handle, int on) {
  return bif::guarded([&] { tensor(handle).set_requires_grad(on != 0); });
}

BIF_API int bif_autograd_grad(void** outputs, int output_count, void** inputs, int input_count, int retain_graph,
                              int create_graph, void** out) {
  return bif::guarded([&] {
    std::vector<at::Tensor> from, to;
    for (int i = 0; i < output_count; i++) from.push_back(tensor(outputs[i]));
    for (int i = 0; i < input_count; i++) to.push_back(tensor(inputs[i]));
    const auto gradients = torch::autograd::grad(from, to, {}, retain_graph != 0, create_graph != 0, true);
    for (int i = 0; i < input_count; i++) out[i] = gradients[i].defined() ? keep(gradients[i]) : nullptr;
  });
}

// Sets the calling thread's gradient mode; returns the mode before.
BIF_API int bif_set_grad_mode(int on) {
  const bool before = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(on != 0);
  return before;
}

BIF_API void* bif_inference_begin(int on) { return new c10::InferenceMode(on != 0); }
BIF_API void bif_inference_end(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }

BIF_API int bif_get_num_threads() { return at::get_num_threads(); }
BIF_API int bif_set_num_threads(int count) {
  return bif::guarded([&] { at::set_num_threads(count); });
}
BIF_API int bif_manual_seed(int64_t seed) {
  return bif::guarded([&] { torch::manual_seed(static_cast<uint64_t>(seed)); });
}
BIF_API int bif_cuda_device_count() { return torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0; }
BIF_API int bif_cuda_synchronize() {
  return bif::guarded([&] { torch::cuda::synchronize(); });
}
