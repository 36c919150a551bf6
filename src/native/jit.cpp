// TorchScript modules: load, named tensors, forward, mode, device.
#include "abi.h"

#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

namespace {

torch::jit::Module& module(void* handle) { return *static_cast<torch::jit::Module*>(handle); }

c10::Device device(int type, int index) {
  return c10::Device(static_cast<c10::DeviceType>(type), static_cast<c10::DeviceIndex>(index));
}

// Tensors with their names, joined by newlines: the answer to one question, released as a whole.
struct NamedTensors {
  std::string names;
  std::vector<at::Tensor> tensors;

  template <typename List>
  explicit NamedTensors(const List& list) {
    for (const auto& entry : list) {
      names += entry.name + '\n';
      tensors.push_back(entry.value);
    }
  }
};

void unpack(const c10::IValue& value, std::vector<at::Tensor>& out) {
  if (value.isTensor()) {
    out.push_back(value.toTensor());
  } else if (value.isTuple()) {
    for (const auto& element : value.toTupleRef().elements()) unpack(element, out);
  } else if (value.isTensorList()) {
    for (at::Tensor tensor : value.toTensorList()) out.push_back(tensor);
  } else {
    throw std::runtime_error("the module returns " + value.tagKind() + ": only tensors, tuples and lists of tensors are understood");
  }
}

}  // namespace

BIF_API int bif_jit_load(const char* file, int device_type, int device_index, void** out) {
  return bif::guarded([&] {
    // Operator by operator: the optimising executor profiles first calls and compiles kernels for each new shape on each thread,
    // which on a GPU takes longer than a run, and rounds otherwise before than after, so that a resumed chain would have other bits.
    torch::jit::setGraphExecutorOptimize(false);
    *out = new torch::jit::Module(torch::jit::load(file, device(device_type, device_index)));
  });
}

BIF_API void bif_jit_release(void* handle) { delete static_cast<torch::jit::Module*>(handle); }

// kind: 0 parameters, 1 buffers.
BIF_API int bif_jit_named(void* handle, int kind, int recurse, void** out, const char** names, int* count) {
  return bif::guarded([&] {
    auto* list = kind == 0 ? new NamedTensors(module(handle).named_parameters(recurse != 0))
                           : new NamedTensors(module(handle).named_buffers(recurse != 0));
    *names = list->names.c_str();
    *count = static_cast<int>(list->tensors.size());
    *out = list;
  });
}

BIF_API void* bif_jit_named_tensor(void* list, int index) { return new at::Tensor(static_cast<NamedTensors*>(list)->tensors[index]); }
BIF_API void bif_jit_named_release(void* list) { delete static_cast<NamedTensors*>(list); }

BIF_API int bif_jit_train(void* handle, int on) {
  return bif::guarded([&] { module(handle).train(on != 0); });
}

BIF_API int bif_jit_is_training(void* handle) { return module(handle).is_training(); }

// Moves parameters and buffers; the tensors that were listed before stay where they were.
BIF_API int bif_jit_to(void* handle, int device_type, int device_index) {
  return bif::guarded([&] { module(handle).to(device(device_type, device_index)); });
}

BIF_API int bif_jit_to_type(void* handle, int dtype) {
  return bif::guarded([&] { module(handle).to(static_cast<at::ScalarType>(dtype)); });
}

// Arguments of forward besides the module itself.
BIF_API int bif_jit_input_count(void* handle, int* count) {
  return bif::guarded([&] { *count = static_cast<int>(module(handle).get_method("forward").function().getSchema().arguments().size()) - 1; });
}

// Runs forward on tensors. Returned tuples and lists of tensors arrive one after the other.
BIF_API int bif_jit_forward(void* handle, void** inputs, int count, void** outputs, int capacity, int* output_count) {
  return bif::guarded([&] {
    std::vector<c10::IValue> values;
    for (int i = 0; i < count; i++) values.emplace_back(*static_cast<at::Tensor*>(inputs[i]));
    std::vector<at::Tensor> results;
    unpack(module(handle).forward(std::move(values)), results);
    if (static_cast<int>(results.size()) > capacity) {
      throw std::runtime_error("the module returns " + std::to_string(results.size()) + " tensors, more than the " + std::to_string(capacity) + " expected");
    }
    for (size_t i = 0; i < results.size(); i++) outputs[i] = new at::Tensor(results[i]);
    *output_count = static_cast<int>(results.size());
  });
}
