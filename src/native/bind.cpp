// Makes parameters views of one flat vector, so that a step over the vector is a step of the model.
#include "abi.h"

#include <ATen/core/Tensor.h>

// Gives the parameter the view's memory. The parameter stays the same object, so a TorchScript module that owns it
// computes with the new memory from then on. Sizes and type must agree.
BIF_API int bif_parameter_share(void* parameter, void* view) {
  return bif::guarded([&] {
    auto& target = *static_cast<at::Tensor*>(parameter);
    const auto source = static_cast<at::Tensor*>(view)->detach();
    TORCH_CHECK(target.sizes() == source.sizes(), "a parameter of shape ", target.sizes(), " cannot use the memory of a view of shape ", source.sizes());
    TORCH_CHECK(target.scalar_type() == source.scalar_type(), "a parameter of type ", target.scalar_type(),
                " cannot use the memory of a view of type ", source.scalar_type());
    TORCH_CHECK(target.device() == source.device(), "a parameter on ", target.device(), " cannot use memory on ", source.device());
    TORCH_CHECK(target.is_leaf(), "a parameter that an operator computed cannot be bound: give a leaf tensor");
    target.set_data(source);
  });
}

// Makes backward add the parameter's gradient into the view; a null view removes the gradient.
BIF_API int bif_parameter_gradient(void* parameter, void* view, int requires_grad) {
  return bif::guarded([&] {
    auto& target = *static_cast<at::Tensor*>(parameter);
    target.set_requires_grad(requires_grad != 0);
    target.mutable_grad() = view == nullptr ? at::Tensor() : static_cast<at::Tensor*>(view)->detach();
  });
}
