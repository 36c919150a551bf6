// Reading PyTorch state dicts with libtorch's restricted unpickler.
#include "abi.h"

#include <torch/csrc/api/include/torch/serialize.h>
#include <torch/torch.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

struct StateDict {
  std::string names;
  std::vector<at::Tensor> tensors;
};

// The dictionary of tensors itself, or the one under a customary key.
c10::impl::GenericDict find_tensors(const c10::IValue& value) {
  if (!value.isGenericDict()) throw std::runtime_error("it holds no dictionary of tensors");
  const auto dict = value.toGenericDict();
  for (const char* key : {"state_dict", "model", "model_state_dict"}) {
    const auto found = dict.find(c10::IValue(std::string(key)));
    if (found != dict.end() && found->value().isGenericDict()) return found->value().toGenericDict();
  }
  return dict;
}

}  // namespace

// Reads a zip checkpoint; names are joined by newlines. The unpickler knows tensors and containers and runs no code.
BIF_API int bif_state_dict_read(const char* file, void** out, const char** names, int* count) {
  return bif::guarded([&] {
    std::ifstream stream(file, std::ios::binary);
    std::vector<char> bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    auto result = std::make_unique<StateDict>();
    for (const auto& entry : find_tensors(torch::pickle_load(bytes))) {
      if (!entry.key().isString() || !entry.value().isTensor()) continue;
      result->names += entry.key().toStringRef() + '\n';
      result->tensors.push_back(entry.value().toTensor().detach());
    }
    if (result->tensors.empty()) throw std::runtime_error("it holds no tensors");
    *names = result->names.c_str();
    *count = static_cast<int>(result->tensors.size());
    *out = result.release();
  });
}

BIF_API void* bif_state_dict_tensor(void* dict, int index) { return new at::Tensor(static_cast<StateDict*>(dict)->tensors[index]); }
BIF_API void bif_state_dict_release(void* dict) { delete static_cast<StateDict*>(dict); }
