// Reading PyTorch state dicts: zip archives whose tensors libtorch's own restricted unpickler rebuilds.
#include "abi.h"
#include "pickle_data.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/unpickler.h>
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

struct StateDict {
  std::vector<std::string> names;
  std::vector<at::Tensor> tensors;
};

using Archive = caffe2::serialize::PyTorchStreamReader;

std::unique_ptr<Archive> open(const char* file) {
  try {
    return std::make_unique<Archive>(std::string(file));
  } catch (const std::exception&) {
    throw std::runtime_error("its zip archive is truncated or damaged");
  }
}

std::string record(Archive& archive, const char* name) {
  const auto [data, size] = archive.getRecord(name);
  return {static_cast<const char*>(data.get()), size};
}

// The stored bytes of tensors; each record is read once, however many tensors share it.
class StorageRecords {
 public:
  StorageRecords(Archive& archive, const std::map<std::string, int64_t>& needed) : archive_(archive), needed_(needed) {}

  at::DataPtr read(const std::string& key) {
    auto& record = records_[key];
    if (record == nullptr) record = std::make_shared<at::DataPtr>(read_record(key));
    auto* owner = new std::shared_ptr<at::DataPtr>(record);
    return {record->get(), owner, [](void* held) { delete static_cast<std::shared_ptr<at::DataPtr>*>(held); }, at::Device(at::kCPU)};
  }

 private:
  // libtorch believes the length in the pickle; the record must really have it.
  at::DataPtr read_record(const std::string& key) {
    auto [data, size] = archive_.getRecord("data/" + key);
    if (static_cast<int64_t>(size) < needed_.at(key)) {
      throw std::runtime_error("the record data/" + key + " has " + std::to_string(size) + " bytes where " +
                               std::to_string(needed_.at(key)) + " are needed");
    }
    return std::move(data);
  }

  Archive& archive_;
  const std::map<std::string, int64_t>& needed_;
  std::map<std::string, std::shared_ptr<at::DataPtr>> records_;
};

std::vector<at::Tensor> read_tensors(Archive& archive, const bif::NamedTensors& named) {
  size_t position = 0;
  const auto read = [&](char* to, size_t wanted) {
    const size_t count = std::min(wanted, named.pickle.size() - position);
    std::memcpy(to, named.pickle.data() + position, count);
    position += count;
    return count;
  };
  StorageRecords storages(archive, named.stored_bytes);
  torch::jit::Unpickler unpickler(read, nullptr, nullptr, [&](const std::string& key) { return storages.read(key); }, at::Device(at::kCPU));
  const auto value = unpickler.parse_ivalue();
  std::vector<at::Tensor> tensors;
  for (const auto& element : value.toTupleRef().elements()) tensors.push_back(element.toTensor().detach());
  return tensors;
}

}  // namespace

BIF_API int bif_state_dict_read(const char* file, void** out, int* count) {
  return bif::guarded([&] {
    const auto archive = open(file);
    if (archive->hasRecord("constants.pkl")) {
      throw std::runtime_error("it is a TorchScript module: give it with model_type torchscript");
    }
    if (!archive->hasRecord("data.pkl")) throw std::runtime_error("its zip archive has no data.pkl, so torch.save did not write it");
    if (archive->hasRecord("byteorder") && record(*archive, "byteorder") == "big") throw std::runtime_error("its numbers are big-endian");
    const bif::PickleData pickle(record(*archive, "data.pkl"));
    const auto named = bif::named_tensors(pickle.root());
    auto dict = std::make_unique<StateDict>(StateDict{named.names, read_tensors(*archive, named)});
    *count = static_cast<int>(dict->names.size());
    *out = dict.release();
  });
}

BIF_API const char* bif_state_dict_name(void* dict, int index) { return static_cast<StateDict*>(dict)->names[index].c_str(); }
BIF_API void* bif_state_dict_tensor(void* dict, int index) { return new at::Tensor(static_cast<StateDict*>(dict)->tensors[index]); }
BIF_API void bif_state_dict_release(void* dict) { delete static_cast<StateDict*>(dict); }
