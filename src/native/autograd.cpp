// Gradients, and the calling thread's gradient and inference modes.
#include "abi.h"

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>

namespace {

at::Tensor& tensor(void* handle) { return *static_cast<at::Tensor*>(handle); }

std::vector<at::Tensor> list(void** handles, int count) {
  std::vector<at::Tensor> values;
  values.reserve(count);
  for (int i = 0; i < count; i++) values.push_back(handles[i] ? tensor(handles[i]) : at::Tensor());
  return values;
}

}  // namespace

// Backward of one tensor; a null gradient is 1.
BIF_API int bif_tensor_backward(void* handle) {
  return bif::guarded([&] { tensor(handle).backward(); });
}

// Adds gradients to the inputs, or to all leaves where there are none. Gradients of outputs may be null.
BIF_API int bif_autograd_backward(void** outputs, void** gradients, int output_count, int retain_graph, int create_graph,
                                  void** inputs, int input_count) {
  return bif::guarded([&] {
    torch::autograd::backward(list(outputs, output_count), list(gradients, output_count), retain_graph != 0, create_graph != 0,
                              list(inputs, input_count));
  });
}

// Gradients of the outputs with respect to the inputs; null where an input was not used and that is allowed.
BIF_API int bif_autograd_grad(void** outputs, void** gradients, int output_count, void** inputs, int input_count,
                              int retain_graph, int create_graph, int allow_unused, void** out) {
  return bif::guarded([&] {
    const auto results = torch::autograd::grad(list(outputs, output_count), list(inputs, input_count), list(gradients, output_count),
                                               retain_graph != 0, create_graph != 0, allow_unused != 0);
    for (int i = 0; i < input_count; i++) out[i] = results[i].defined() ? new at::Tensor(results[i]) : nullptr;
  });
}

// The gradient, or null where there is none.
BIF_API int bif_tensor_grad(void* handle, void** out) {
  return bif::guarded([&] {
    const auto& gradient = tensor(handle).grad();
    *out = gradient.defined() ? new at::Tensor(gradient) : nullptr;
  });
}

BIF_API int bif_tensor_set_grad(void* handle, void* gradient) {
  return bif::guarded([&] { tensor(handle).mutable_grad() = gradient ? tensor(gradient) : at::Tensor(); });
}

BIF_API int bif_tensor_set_requires_grad(void* handle, int on) {
  return bif::guarded([&] { tensor(handle).set_requires_grad(on != 0); });
}

// Keeps the gradient of a tensor that is no leaf.
BIF_API int bif_tensor_retain_grad(void* handle) {
  return bif::guarded([&] { tensor(handle).retain_grad(); });
}

BIF_API int bif_get_grad_mode() { return c10::GradMode::is_enabled(); }
BIF_API void bif_set_grad_mode(int on) { c10::GradMode::set_enabled(on != 0); }

BIF_API int bif_get_inference_mode() { return c10::InferenceMode::is_enabled(); }
BIF_API void* bif_inference_begin(int on) { return new c10::InferenceMode(on != 0); }
BIF_API void bif_inference_end(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }
