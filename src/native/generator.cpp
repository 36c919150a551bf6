// Random number generators of libtorch.
#include "abi.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/core/Tensor.h>

#include <mutex>

namespace {

at::Generator& generator(void* handle) { return *static_cast<at::Generator*>(handle); }

}  // namespace

// Seeds every device's default generator.
BIF_API int bif_manual_seed(int64_t seed) {
  return bif::guarded([&] { at::manual_seed(static_cast<uint64_t>(seed)); });
}

// The default generator of a device; seeding it changes the device's stream.
BIF_API int bif_generator_default(int device_type, int device_index, void** out) {
  return bif::guarded([&] {
    const c10::Device device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index));
    *out = new at::Generator(at::globalContext().defaultGenerator(device));
  });
}

// A generator of its own on the CPU.
BIF_API int bif_generator_create(int64_t seed, void** out) {
  return bif::guarded([&] { *out = new at::Generator(at::detail::createCPUGenerator(static_cast<uint64_t>(seed))); });
}

BIF_API int bif_generator_seed(void* handle, int64_t seed) {
  return bif::guarded([&] {
    std::lock_guard<std::mutex> lock(generator(handle).mutex());
    generator(handle).set_current_seed(static_cast<uint64_t>(seed));
  });
}

BIF_API int64_t bif_generator_initial_seed(void* handle) { return static_cast<int64_t>(generator(handle).current_seed()); }

// The state as a byte tensor, from which set_state continues the stream.
BIF_API int bif_generator_get_state(void* handle, void** out) {
  return bif::guarded([&] { *out = new at::Tensor(generator(handle).get_state()); });
}

BIF_API int bif_generator_set_state(void* handle, void* state) {
  return bif::guarded([&] { generator(handle).set_state(*static_cast<at::Tensor*>(state)); });
}

BIF_API void bif_generator_release(void* handle) { delete static_cast<at::Generator*>(handle); }
