// Tensors: creation from memory and questions about them.
#include "abi.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <cstring>

namespace {

at::Tensor& tensor(void* handle) { return *static_cast<at::Tensor*>(handle); }

at::TensorOptions of_type(int dtype) { return at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)); }

}  // namespace

BIF_API void bif_tensor_release(void* handle) { delete static_cast<at::Tensor*>(handle); }

// A tensor with a copy of the data.
BIF_API int bif_tensor_from_data(const void* data, int dtype, const int64_t* sizes, int dimensions, void** out) {
  return bif::guarded([&] {
    auto value = at::empty(at::IntArrayRef(sizes, dimensions), of_type(dtype));
    if (value.nbytes() > 0) std::memcpy(value.data_ptr(), data, value.nbytes());
    *out = new at::Tensor(std::move(value));
  });
}

// A tensor over memory that the caller keeps alive until release is called with its context.
BIF_API int bif_tensor_over(void* data, int dtype, const int64_t* sizes, int dimensions, void (*release)(void*), void* context, void** out) {
  return bif::guarded([&] {
    *out = new at::Tensor(at::from_blob(data, at::IntArrayRef(sizes, dimensions), [=](void*) { release(context); }, of_type(dtype)));
  });
}

// info: dtype, device type, device index, dimensions, elements, element size, requires_grad, is_leaf, is_contiguous,
// storage offset.
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
    info[9] = t.storage_offset();
  });
}

BIF_API int64_t bif_tensor_dimensions(void* handle) { return tensor(handle).dim(); }

BIF_API void bif_tensor_sizes(void* handle, int64_t* sizes) {
  const auto values = tensor(handle).sizes();
  std::copy(values.begin(), values.end(), sizes);
}

BIF_API void bif_tensor_strides(void* handle, int64_t* strides) {
  const auto values = tensor(handle).strides();
  std::copy(values.begin(), values.end(), strides);
}

// The first element's address; null where there is none.
BIF_API int bif_tensor_data(void* handle, void** data) {
  return bif::guarded([&] { *data = tensor(handle).data_ptr(); });
}
