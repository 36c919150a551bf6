// A "cuda:0" for machines without a GPU, by LD_PRELOAD: a device whose memory the host cannot touch (reading it ends the
// process) and whose operators refuse operands from elsewhere, as a GPU's do. It computes with the CPU's kernels on the same
// memory seen from a second address. So whatever runs on it keeps its tensors where they belong; how fast a GPU would be, and
// its own kernels, it cannot show. For libtorch 1.13. BIF_SECOND_DEVICE names a file for the number of copies that made the
// host wait: to the host, and to the device from memory that is not pinned.
#include <ATen/ATen.h>
#include <ATen/CPUFunctions.h>
#include <ATen/EmptyTensor.h>
#include <ATen/InferSize.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <map>
#include <mutex>
#include <vector>

namespace {

constexpr size_t kBytes = size_t{8} << 30;
const at::Device kDevice(at::kCUDA, 0);

std::atomic<long> to_host{0}, to_device{0};
struct Account {
  ~Account() {
    if (const char* file = getenv("BIF_SECOND_DEVICE")) std::ofstream(file) << to_host << ' ' << to_device << '\n';
  }
} account;

// The same pages twice: where the host may look, and where tensors say that they are.
class Memory {
 public:
  static Memory& all() {
    static auto* memory = new Memory();
    return *memory;
  }

  c10::DataPtr take(size_t bytes) {
    bytes = (bytes + 511) / 512 * 512;
    const std::lock_guard<std::mutex> guard(lock_);
    auto& released = free_[bytes];
    size_t at = used_;
    if (released.empty()) {
      TORCH_CHECK(used_ + bytes <= kBytes, "CUDA out of memory: the second device has ", kBytes, " bytes");
      used_ += bytes;
      sizes_[at] = bytes;
    } else {
      at = released.back();
      released.pop_back();
    }
    return {device_ + at, device_ + at, &give, kDevice};
  }

  static void give(void* data) {
    auto& memory = all();
    const std::lock_guard<std::mutex> guard(memory.lock_);
    const size_t at = static_cast<char*>(data) - memory.device_;
    memory.free_[memory.sizes_[at]].push_back(at);
  }

  void* seen_by_host(void* data) const { return data == nullptr ? nullptr : host_ + (static_cast<char*>(data) - device_); }

 private:
  Memory() {
    const int file = memfd_create("second-device", 0);
    if (file < 0 || ftruncate(file, kBytes) != 0) abort();
    host_ = static_cast<char*>(mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
    device_ = static_cast<char*>(mmap(nullptr, kBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  }

  char *host_, *device_;
  size_t used_ = 0;
  std::mutex lock_;
  std::map<size_t, std::vector<size_t>> free_;
  std::map<size_t, size_t> sizes_;
};

struct DeviceAllocator final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) const override {
    return bytes == 0 ? c10::DataPtr{nullptr, nullptr, &c10::detail::deleteNothing, kDevice} : Memory::all().take(bytes);
  }
  c10::DeleterFnPtr raw_deleter() const override { return &Memory::give; }
} device_allocator;

class PinnedAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) const override {
    void* data = malloc(bytes + 64);
    const std::lock_guard<std::mutex> guard(lock());
    blocks()[data] = bytes;
    return {data, data, &give, at::Device(at::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &give; }
  static bool holds(void* data) {
    const std::lock_guard<std::mutex> guard(lock());
    return blocks().count(data) > 0;
  }

 private:
  static void give(void* data) {
    const std::lock_guard<std::mutex> guard(lock());
    blocks().erase(data);
    free(data);
  }
  static std::mutex& lock() {
    static auto* mutex = new std::mutex();
    return *mutex;
  }
  static std::map<void*, size_t>& blocks() {
    static auto* map = new std::map<void*, size_t>();
    return *map;
  }
} pinned_allocator;

struct Guard final : c10::impl::DeviceGuardImplInterface {
  static c10::Stream only() { return c10::Stream(c10::Stream::DEFAULT, kDevice); }
  c10::DeviceType type() const override { return at::kCUDA; }
  c10::Device exchangeDevice(c10::Device) const override { return kDevice; }
  c10::Device getDevice() const override { return kDevice; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device) const noexcept override { return only(); }
  c10::Stream getStreamFromGlobalPool(c10::Device, bool) const override { return only(); }
  c10::Stream exchangeStream(c10::Stream) const noexcept override { return only(); }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void record(void**, const c10::Stream&, const c10::DeviceIndex, const c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void destroyEvent(void*, const c10::DeviceIndex) const noexcept override {}
};
C10_REGISTER_GUARD_IMPL(CUDA, Guard);

struct Hooks final : at::CUDAHooksInterface {
  void initCUDA() const override {}
  bool hasCUDA() const override { return true; }
  bool hasPrimaryContext(int64_t) const override { return true; }
  bool isPinnedPtr(void* data) const override { return PinnedAllocator::holds(data); }
  int64_t current_device() const override { return 0; }
  at::Allocator* getPinnedMemoryAllocator() const override { return &pinned_allocator; }
  at::Allocator* getCUDADeviceAllocator() const override { return &device_allocator; }
  int getNumGPUs() const override { return 1; }
  void deviceSynchronize(int64_t) const override {}
};
const bool registered = [] {
  at::CUDAHooksRegistry()->Register("CUDAHooks", [](at::CUDAHooksArgs) -> std::unique_ptr<at::CUDAHooksInterface> { return std::make_unique<Hooks>(); });
  return true;
}();

// A tensor of the device as one of the host over the same numbers; others as they are.
at::Tensor seen(const at::Tensor& tensor) {
  if (!tensor.is_cuda()) return tensor;
  return at::from_blob(Memory::all().seen_by_host(tensor.data_ptr()), tensor.sizes(), tensor.strides(), tensor.options().device(at::kCPU));
}

at::Tensor empty(at::IntArrayRef size, c10::optional<at::ScalarType> type, c10::optional<at::Layout>, c10::optional<at::Device>,
                 c10::optional<bool>, c10::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, &device_allocator, c10::DispatchKeySet(c10::DispatchKey::CUDA), c10::dtype_or_default(type), format);
}

at::Tensor empty_strided(at::IntArrayRef size, at::IntArrayRef stride, c10::optional<at::ScalarType> type, c10::optional<at::Layout>,
                         c10::optional<at::Device>, c10::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, &device_allocator, c10::DispatchKeySet(c10::DispatchKey::CUDA), c10::dtype_or_default(type));
}

at::Tensor& copy(at::Tensor& self, const at::Tensor& from, bool non_blocking) {
  if (!self.is_cuda()) {
    to_host++;
  } else if (!from.is_cuda() && !(non_blocking && from.is_pinned())) {
    to_device++;
  }
  const at::NoGradGuard no_gradient;
  seen(self).copy_(seen(from));
  return self;
}

at::Scalar number(const at::Tensor& self) {
  to_host++;
  return seen(self).item();
}

at::Tensor strided(const at::Tensor& self, at::IntArrayRef size, at::IntArrayRef stride, c10::optional<int64_t> offset) {
  auto view = at::detail::make_tensor<c10::TensorImpl>(c10::TensorImpl::VIEW, c10::Storage(self.storage()), self.key_set(), self.dtype());
  view.unsafeGetTensorImpl()->set_sizes_and_strides(size, stride, offset.value_or(self.storage_offset()));
  return view;
}

at::Tensor view(const at::Tensor& self, at::IntArrayRef size) {
  const auto shape = at::infer_size_dv(size, self.numel());
  const auto stride = at::detail::computeStride(self.sizes(), self.strides(), shape);
  TORCH_CHECK(stride.has_value(), "view size is not compatible with input tensor's size and stride");
  return strided(self, shape, *stride, self.storage_offset());
}

at::Tensor alias(const at::Tensor& self, at::IntArrayRef size, at::IntArrayRef stride) { return strided(self, size, stride, self.storage_offset()); }

const at::Tensor& resize(const at::Tensor& self, at::IntArrayRef size, c10::optional<at::MemoryFormat>) {
  self.unsafeGetTensorImpl()->set_sizes_contiguous(size);
  const size_t bytes = (self.numel() + self.storage_offset()) * self.element_size();
  auto* storage = self.storage().unsafeGetStorageImpl();
  if (bytes > storage->nbytes()) {
    storage->set_data_ptr(device_allocator.allocate(bytes));
    storage->set_nbytes(bytes);
  }
  return self;
}

at::Tensor& set_tensor(at::Tensor& self, const at::Tensor& source) {
  auto* impl = self.unsafeGetTensorImpl();
  impl->set_storage_keep_dtype(source.storage());
  impl->set_sizes_and_strides(source.sizes(), source.strides(), source.storage_offset());
  return self;
}

at::Tensor pin(const at::Tensor& self, c10::optional<at::Device>) {
  const auto bytes = at::detail::computeStorageNbytes(self.sizes(), self.strides(), self.dtype().itemsize());
  const c10::Storage storage(c10::Storage::use_byte_size_t(), bytes, &pinned_allocator, false);
  return at::cpu::empty({0}, self.options()).set_(storage, 0, self.sizes(), self.strides()).copy_(self);
}

bool is_pinned(const at::Tensor& self, c10::optional<at::Device>) { return PinnedAllocator::holds(self.storage().data_ptr().get()); }

// Everything else: the CPU's kernel over the memory as the host sees it.
void on_cpu(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const size_t arguments = op.schema().arguments().size(), returns = op.schema().returns().size();
  std::vector<at::Tensor> mine, theirs;
  const auto give = [&](const at::Tensor& tensor) -> at::Tensor {
    if (!tensor.defined()) return tensor;
    // Numbers wrapped as tensors of no dimension may come from the host.
    TORCH_CHECK(tensor.is_cuda() || tensor.dim() == 0, "Expected all tensors to be on the same device, but found cuda:0 and cpu in ", op.operator_name());
    if (!tensor.is_cuda()) return tensor;
    mine.push_back(tensor);
    theirs.push_back(tensor.numel() == 0 ? at::empty(tensor.sizes(), tensor.options().device(at::kCPU)) : seen(tensor));
    return theirs.back();
  };
  for (auto value = stack->end() - arguments; value != stack->end(); value++) {
    if (value->isTensor()) {
      *value = give(value->toTensor());
    } else if (value->isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor& tensor : value->toTensorVector()) list.push_back(give(tensor));
      *value = list;
    } else if (value->isOptionalTensorList()) {
      c10::List<c10::optional<at::Tensor>> list;
      for (const auto& tensor : value->toOptionalTensorList().vec()) list.push_back(tensor.has_value() ? c10::optional<at::Tensor>(give(*tensor)) : c10::nullopt);
      *value = list;
    } else if (value->isDevice()) {
      *value = at::Device(at::kCPU);
    }
  }

  op.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), stack);

  const auto take = [&](const at::Tensor& tensor) -> at::Tensor {
    if (!tensor.defined()) return tensor;
    for (size_t index = 0; index < theirs.size(); index++) {
      if (!theirs[index].is_same(tensor)) continue;
      if (tensor.sizes() != mine[index].sizes() || mine[index].numel() == 0) {
        mine[index].resize_(tensor.sizes());
        seen(mine[index]).copy_(tensor);
      }
      return mine[index];
    }
    auto result = at::empty_strided(tensor.sizes(), tensor.strides(), tensor.options().device(kDevice));
    seen(result).copy_(tensor);
    return result;
  };
  for (auto value = stack->end() - returns; value != stack->end(); value++) {
    if (value->isTensor()) {
      *value = take(value->toTensor());
    } else if (value->isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor& tensor : value->toTensorVector()) list.push_back(take(tensor));
      *value = list;
    }
  }
}

}  // namespace

TORCH_LIBRARY_IMPL(_, CUDA, library) { library.fallback(torch::CppFunction::makeFromBoxedFunction<&on_cpu>()); }
TORCH_LIBRARY_IMPL(aten, CUDA, library) {
  library.impl("empty.memory_format", empty);
  library.impl("empty_strided", empty_strided);
  library.impl("copy_", copy);
  library.impl("_local_scalar_dense", number);
  library.impl("as_strided", strided);
  library.impl("view", view);
  library.impl("_reshape_alias", alias);
  library.impl("resize_", resize);
  library.impl("set_.source_Tensor", set_tensor);
  library.impl("is_pinned", is_pinned);
  library.impl("_pin_memory", pin);
}
