// From nodes to the tensors among them, checked and written again for libtorch.
#include "pickle_data.h"

#include <algorithm>
#include <stdexcept>

namespace bif {
namespace {

using Node = PickleNode;

[[noreturn]] void refuse(const std::string& reason) { throw std::runtime_error(reason); }

int64_t element_bytes(const std::string& storage) {
  static const std::map<std::string, int64_t> kBytes = {
      {"torch FloatStorage", 4}, {"torch DoubleStorage", 8}, {"torch HalfStorage", 2}, {"torch BFloat16Storage", 2},
      {"torch LongStorage", 8},  {"torch IntStorage", 4},    {"torch ShortStorage", 2}, {"torch CharStorage", 1},
      {"torch ByteStorage", 1},  {"torch BoolStorage", 1},   {"torch ComplexFloatStorage", 8}, {"torch ComplexDoubleStorage", 16}};
  const auto found = kBytes.find(storage);
  if (found == kBytes.end()) refuse("it stores a tensor as " + storage);
  return found->second;
}

const Node& item(const Node& node, size_t index, Node::Kind kind) {
  if (index >= node.items.size() || node.items[index]->kind != kind) refuse("a tensor in it is described wrongly");
  return *node.items[index];
}

// Numbers from 0 to 2^48, so that no sum of products of a few overflows unnoticed.
std::vector<int64_t> lengths(const Node& tuple) {
  std::vector<int64_t> values;
  for (size_t i = 0; i < tuple.items.size(); i++) {
    const int64_t value = item(tuple, i, Node::kInteger).integer;
    if (value < 0 || value > int64_t{1} << 48) refuse("a tensor in it has a size or stride of " + std::to_string(value));
    values.push_back(value);
  }
  return values;
}

void write_global(std::string& out, const std::string& global) {
  const auto space = global.find(' ');
  out += 'c' + global.substr(0, space) + '\n' + global.substr(space + 1) + '\n';
}

void write_integer(std::string& out, int64_t value) {
  out += "\x8A\x08";
  for (int i = 0; i < 8; i++) out += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
}

void write_text(std::string& out, const std::string& text) {
  out += 'X';
  for (int i = 0; i < 4; i++) out += static_cast<char>(text.size() >> (8 * i));
  out += text;
}

void write_integers(std::string& out, const std::vector<int64_t>& values) {
  out += '(';
  for (const int64_t value : values) write_integer(out, value);
  out += 't';
}

// The call of _rebuild_tensor_v2 that makes a tensor, or null; a Parameter is its tensor.
const Node* tensor_call(const Node& node) {
  if (node.kind != Node::kCall) return nullptr;
  if (node.items[0]->text == "torch._utils _rebuild_tensor_v2") return node.items[1];
  if (node.items[0]->text != "torch._utils _rebuild_parameter" || node.items[1]->items.empty()) return nullptr;
  const Node& inner = *node.items[1]->items[0];
  return inner.kind == Node::kCall && inner.items[0]->text == "torch._utils _rebuild_tensor_v2" ? inner.items[1] : nullptr;
}

// Writes the tensor again, on the CPU and without hooks, after checking that it lies within its storage.
void write_tensor(const std::string& name, const Node& arguments, NamedTensors& result) {
  const Node& reference = item(item(arguments, 0, Node::kStorage), 0, Node::kTuple);
  const std::string& type = item(reference, 1, Node::kGlobal).text;
  const std::string& key = item(reference, 2, Node::kText).text;
  const int64_t stored = item(reference, 4, Node::kInteger).integer;
  const int64_t offset = item(arguments, 1, Node::kInteger).integer;
  const auto sizes = lengths(item(arguments, 2, Node::kTuple));
  const auto strides = lengths(item(arguments, 3, Node::kTuple));
  if (sizes.size() != strides.size() || sizes.size() > 64 || offset < 0 || stored < 0 || stored > int64_t{1} << 48) refuse("the tensor " + name + " is described wrongly");
  bool empty = false;
  double last = static_cast<double>(offset);
  for (size_t i = 0; i < sizes.size(); i++) {
    empty = empty || sizes[i] == 0;
    last += static_cast<double>(sizes[i] - 1) * static_cast<double>(strides[i]);
  }
  if (!empty && last >= static_cast<double>(stored)) refuse("the tensor " + name + " reaches beyond its stored values");
  auto& bytes = result.stored_bytes[key];
  bytes = std::max(bytes, stored * element_bytes(type));

  std::string& out = result.pickle;
  write_global(out, "torch._utils _rebuild_tensor_v2");
  out += "((";
  write_text(out, "storage");
  write_global(out, type);
  write_text(out, key);
  write_text(out, "cpu");
  write_integer(out, stored);
  out += "tQ";
  write_integer(out, offset);
  write_integers(out, sizes);
  write_integers(out, strides);
  out += '\x89';
  write_global(out, "collections OrderedDict");
  out += ")RtR";
  result.names.push_back(name);
}

NamedTensors tensors_of(const Node& dict) {
  NamedTensors result;
  result.pickle = "\x80\x02(";
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const Node* arguments = tensor_call(*dict.items[i + 1]);
    if (arguments == nullptr) continue;
    if (dict.items[i]->kind != Node::kText) refuse("it has a tensor whose key is no name");
    write_tensor(dict.items[i]->text, *arguments, result);
  }
  result.pickle += "t.";
  return result;
}

}  // namespace

NamedTensors named_tensors(const PickleNode& root) {
  if (root.kind != Node::kDict) refuse("it holds no dictionary of tensors");
  NamedTensors result = tensors_of(root);
  for (const char* customary : {"state_dict", "model_state_dict", "model"}) {
    if (!result.names.empty()) break;
    for (size_t i = 0; i + 1 < root.items.size(); i += 2) {
      if (root.items[i]->kind == Node::kText && root.items[i]->text == customary && root.items[i + 1]->kind == Node::kDict) {
        result = tensors_of(*root.items[i + 1]);
      }
    }
  }
  if (result.names.empty()) refuse("it holds no tensors by name, neither itself nor under state_dict, model_state_dict or model");
  return result;
}

}  // namespace bif
