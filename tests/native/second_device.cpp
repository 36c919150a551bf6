// A "cuda:0" for machines without a GPU, by LD_PRELOAD: a device whose memory the host cannot touch (reading it ends the
// process) and whose operators refuse operands from elsewhere, as a GPU's do. It computes with the CPU's kernels on the same
// memory seen from a second address. So whatever runs on it keeps its tensors where they belong; how fast a GPU would be, and
// its own kernels, it cannot show. It has streams, and graphs as CUDA has them: what a stream is asked for is remembered
// in place of being done, with the memory that it had, and a replay does it again. For libtorch 1.13. BIF_SECOND_DEVICE names a file for the number of copies that made the
// host wait, to the host, and to the device from memory that is not pinned, and of operators that the host asked for itself.
#include <ATen/ATen.h>
#include <ATen/CPUFunctions.h>
#include <ATen/EmptyTensor.h>
#include <ATen/InferSize.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include "../../src/native/graphs.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

namespace {

constexpr size_t kBytes = size_t{8} << 30;
const at::Device kDevice(at::kCUDA, 0);

std::atomic<long> to_host{0}, to_device{0}, asked{0};
struct Account {
  ~Account() {
    if (const char* file = getenv("BIF_SECOND_DEVICE")) std::ofstream(file) << to_host << ' ' << to_device << ' ' << asked << '\n';
  }
} account;

// What a graph repeats, with the memory that is its own.
struct Graph {
  std::vector<std::function<void()>> work;
  std::map<size_t, std::vector<size_t>> free;
};

// The stream of this thread, and what is being recorded on which stream.
thread_local c10::StreamId current_stream = 0;
std::mutex recordings_lock;
std::map<c10::StreamId, Graph*> recordings;

Graph* recording() {
  if (current_stream == 0) return nullptr;
  const std::lock_guard<std::mutex> guard(recordings_lock);
  const auto found = recordings.find(current_stream);
  return found == recordings.end() ? nullptr : found->second;
}

// Does the work, or remembers it.
void ask(std::function<void()> work) {
  if (Graph* graph = recording()) {
    graph->work.push_back(std::move(work));
  } else {
    asked++;
    work();
  }
}

void forbid_while_recording(const char* what) {
  TORCH_CHECK(recording() == nullptr, "operation not permitted when stream is capturing: ", what);
}

// The same pages twice: where the host may look, and where tensors say that they are.
class Memory {
 public:
  static Memory& all() {
    static auto* memory = new Memory();
    return *memory;
  }

  c10::DataPtr take(size_t bytes) {
    bytes = (bytes + 511) / 512 * 512;
    Graph* const owner = recording();
    const std::lock_guard<std::mutex> guard(lock_);
    auto& released = (owner == nullptr ? free_ : owner->free)[bytes];
    size_t at = used_;
    if (released.empty()) {
      TORCH_CHECK(used_ + bytes <= kBytes, "CUDA out of memory: the second device has ", kBytes, " bytes");
      used_ += bytes;
      sizes_[at] = bytes;
    } else {
      at = released.back();
      released.pop_back();
    }
    owners_[at] = owner;
    return {device_ + at, device_ + at, &give, kDevice};
  }

  static void give(void* data) {
    auto& memory = all();
    const std::lock_guard<std::mutex> guard(memory.lock_);
    const size_t at = static_cast<char*>(data) - memory.device_;
    Graph* const owner = memory.owners_[at];
    (owner == nullptr ? memory.free_ : owner->free)[memory.sizes_[at]].push_back(at);
  }

  // A graph's memory is everybody's again; what is still in use when it comes back.
  void disown(Graph* graph) {
    const std::lock_guard<std::mutex> guard(lock_);
    for (auto& [bytes, blocks] : graph->free) free_[bytes].insert(free_[bytes].end(), blocks.begin(), blocks.end());
    for (auto& [at, owner] : owners_) {
      if (owner == graph) owner = nullptr;
    }
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
  std::map<size_t, Graph*> owners_;
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
  static c10::Stream numbered(c10::StreamId id) { return c10::Stream(c10::Stream::UNSAFE, kDevice, id); }
  c10::DeviceType type() const override { return at::kCUDA; }
  c10::Device exchangeDevice(c10::Device) const override { return kDevice; }
  c10::Device getDevice() const override { return kDevice; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device) const noexcept override { return numbered(current_stream); }
  c10::Stream getStreamFromGlobalPool(c10::Device, bool) const override {
    static std::atomic<c10::StreamId> streams{0};
    return numbered(++streams);
  }
  c10::Stream exchangeStream(c10::Stream stream) const noexcept override { return numbered(std::exchange(current_stream, stream.id())); }
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
    forbid_while_recording("a copy to the host");
    to_host++;
  } else if (!from.is_cuda() && !(non_blocking && from.is_pinned())) {
    forbid_while_recording("a copy from pageable memory");
    to_device++;
  }
  ask([to = seen(self), of = seen(from)]() mutable {
    const at::NoGradGuard no_gradient;
    to.copy_(of);
  });
  return self;
}

at::Scalar number(const at::Tensor& self) {
  forbid_while_recording("reading a number");
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

  Graph* const graph = recording();
  if (graph == nullptr) {
    asked++;
  } else if (const std::string& name = op.operator_name().name; name == "aten::nonzero" || name == "aten::masked_select" || name == "aten::_unique2") {
    forbid_while_recording("a shape that depends on numbers");
  }
  // While recording the operator tells the shapes of its results; what it did to numbers is undone.
  const torch::jit::Stack given(stack->end() - arguments, stack->end());
  std::vector<at::Tensor> untouched;
  if (graph != nullptr) {
    for (const auto& operand : theirs) untouched.push_back(operand.clone());
  }
  op.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), stack);
  for (size_t index = 0; index < untouched.size(); index++) {
    // (An expanded operand is never written to.)
    if (theirs[index].sizes() == untouched[index].sizes() && theirs[index].is_non_overlapping_and_dense()) theirs[index].copy_(untouched[index]);
  }
  // Where results that are not operands lie, as the host sees it.
  std::vector<std::pair<size_t, at::Tensor>> places;

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
  const auto remember = [&](size_t position, const at::Tensor& before, const at::Tensor& after) {
    if (graph == nullptr || !after.defined() || after.numel() == 0) return;
    const at::Tensor place = seen(after);
    for (const auto& operand : theirs) {
      if (operand.is_same(before) && operand.data_ptr() == place.data_ptr()) return;
    }
    places.emplace_back(position, place);
    if (after.is_floating_point()) places.back().second.fill_(std::numeric_limits<double>::quiet_NaN());
  };
  size_t position = 0;
  for (auto value = stack->end() - returns; value != stack->end(); value++) {
    if (value->isTensor()) {
      const at::Tensor before = value->toTensor();
      *value = take(before);
      remember(position++, before, value->toTensor());
    } else if (value->isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor& tensor : value->toTensorVector()) {
        list.push_back(take(tensor));
        remember(position++, tensor, list.get(list.size() - 1));
      }
      *value = list;
    }
  }

  if (graph == nullptr) return;
  graph->work.push_back([op, given, places, returns] {
    const at::NoGradGuard no_gradient;
    torch::jit::Stack again = given;
    op.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), &again);
    std::vector<at::Tensor> results;
    for (auto value = again.end() - returns; value != again.end(); value++) {
      if (value->isTensor()) {
        results.push_back(value->toTensor());
      } else if (value->isTensorList()) {
        for (const at::Tensor& tensor : value->toTensorVector()) results.push_back(tensor);
      }
    }
    for (const auto& [at, place] : places) at::Tensor(place).copy_(results[at]);
  });
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

// The graphs that src/native/graphs.cpp has for CUDA.
__attribute__((visibility("default"))) bool bif_device_graphs(int) { return true; }

__attribute__((visibility("default"))) void* bif_device_graph_begin(int) {
  TORCH_CHECK(current_stream != 0, "graphs must be captured on a stream other than the first");
  auto* graph = new Graph();
  const std::lock_guard<std::mutex> guard(recordings_lock);
  recordings[current_stream] = graph;
  return graph;
}

__attribute__((visibility("default"))) void bif_device_graph_end(void*) {
  const std::lock_guard<std::mutex> guard(recordings_lock);
  recordings.erase(current_stream);
}

__attribute__((visibility("default"))) void bif_device_graph_replay(void* graph) {
  forbid_while_recording("a replay");
  asked++;
  for (const auto& work : static_cast<Graph*>(graph)->work) work();
}

// libtorch keeps the graphs of a generator in a set that it does not guard.
__attribute__((visibility("default"))) void bif_device_graph_free(void* graph) {
  {
    const std::lock_guard<std::mutex> guard(recordings_lock);
    if (!recordings.empty()) {
      fprintf(stderr, "a graph is forgotten while another one is recorded\n");
      abort();
    }
  }
  auto* ended = static_cast<Graph*>(graph);
  Memory::all().disown(ended);
  delete ended;
}
