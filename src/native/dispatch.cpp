// One generic call reaches every operator of libtorch, with autograd: name and overload through the dispatcher, arguments
// and results on a stack of boxed values. Arguments that the caller leaves out take the schema's defaults, so that a
// wrapper written for one version of libtorch serves the next one that added an argument.
#include "dispatch.h"
#include "vectors.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/version.h>

#include <cstddef>
#include <sstream>

namespace {

using bif::Value;
using Kind = bif::Value::Kind;

// c10's optional up to libtorch 2.2, the standard one since.
using OptionalTensor = decltype(c10::IValue().toOptional<at::Tensor>());

struct Operator {
  c10::OperatorHandle handle;
  std::string name;
  std::vector<bool> wants_real;  // arguments declared float: the boxed call does not convert integers by itself
};

bool is_real(const c10::TypePtr& type) {
  if (const auto optional = type->cast<c10::OptionalType>()) return is_real(optional->getElementType());
  return type->kind() == c10::TypeKind::FloatType;
}

c10::IValue boxed(const Value& value, bool wants_real) {
  switch (value.kind) {
    case Kind::None: return {};
    case Kind::Tensor: return *static_cast<at::Tensor*>(value.pointer);
    case Kind::Integer: return wants_real ? c10::IValue(static_cast<double>(value.integer)) : c10::IValue(value.integer);
    case Kind::Real: return value.real;
    case Kind::Boolean: return value.integer != 0;
    case Kind::Integers: return c10::IntArrayRef(static_cast<const int64_t*>(value.pointer), value.count);
    case Kind::Reals: {
      const auto* first = static_cast<const double*>(value.pointer);
      return std::vector<double>(first, first + value.count);
    }
    case Kind::Tensors: {
      c10::List<at::Tensor> list;
      list.reserve(value.count);
      for (int64_t i = 0; i < value.count; i++) list.push_back(*static_cast<at::Tensor**>(value.pointer)[i]);
      return list;
    }
    case Kind::OptionalTensors: {
      c10::List<OptionalTensor> list;
      for (int64_t i = 0; i < value.count; i++) {
        auto* entry = static_cast<at::Tensor**>(value.pointer)[i];
        list.push_back(entry ? OptionalTensor(*entry) : OptionalTensor());
      }
      return list;
    }
    case Kind::Text: return std::string(static_cast<const char*>(value.pointer), value.count);
    case Kind::Device: return c10::Device(static_cast<c10::DeviceType>(value.integer), static_cast<c10::DeviceIndex>(value.count));
    case Kind::Generator: return *static_cast<at::Generator*>(value.pointer);
    default: throw std::runtime_error("unknown kind of argument");
  }
}

// "[2, 3] Float, [4] Long": the tensors that the call was given.
std::string shapes(const Value* arguments, int count) {
  std::ostringstream text;
  const auto append = [&](const at::Tensor* tensor) {
    if (text.tellp() > 0) text << ", ";
    if (tensor == nullptr) text << "none";
    else text << tensor->sizes() << ' ' << tensor->scalar_type();
  };
  for (int i = 0; i < count; i++) {
    if (arguments[i].kind == Kind::Tensor) append(static_cast<at::Tensor*>(arguments[i].pointer));
    if (arguments[i].kind == Kind::Tensors || arguments[i].kind == Kind::OptionalTensors) {
      for (int64_t j = 0; j < arguments[i].count; j++) append(static_cast<at::Tensor**>(arguments[i].pointer)[j]);
    }
  }
  return text.str();
}

// How many results a value becomes: a list gives one per element.
int64_t width(const c10::IValue& value) { return value.isTensorList() ? static_cast<int64_t>(value.toTensorList().size()) : 1; }

Value* unbox(const c10::IValue& value, Value* out) {
  if (value.isTensorList()) {
    for (at::Tensor tensor : value.toTensorList()) out = unbox(tensor, out);
    return out;
  }
  *out = {};
  if (value.isTensor()) {
    if (!value.toTensor().defined()) return out + 1;
    out->kind = Kind::Tensor;
    out->pointer = new at::Tensor(value.toTensor());
  } else if (value.isInt()) {
    out->kind = Kind::Integer;
    out->integer = value.toInt();
  } else if (value.isDouble()) {
    out->kind = Kind::Real;
    out->real = value.toDouble();
  } else if (value.isBool()) {
    out->kind = Kind::Boolean;
    out->integer = value.toBool();
  } else {
    throw std::runtime_error("the operator returns " + value.tagKind() + ", which has no counterpart here");
  }
  return out + 1;
}

void call(Operator& op, const Value* arguments, int count, torch::jit::Stack& stack) {
  const auto& declared = op.handle.schema().arguments();
  if (static_cast<size_t>(count) > declared.size()) throw std::runtime_error("it takes only " + std::to_string(declared.size()) + " arguments");
  stack.reserve(std::max(declared.size(), op.handle.schema().returns().size()));
  for (size_t i = 0; i < declared.size(); i++) {
    if (static_cast<int>(i) < count && arguments[i].kind != Kind::Default) {
      stack.push_back(boxed(arguments[i], op.wants_real[i]));
    } else if (declared[i].default_value()) {
      stack.push_back(*declared[i].default_value());
    } else {
      throw std::runtime_error("argument " + declared[i].name() + " is missing");
    }
  }
  op.handle.callBoxed(&stack);
}

}  // namespace

// What C# declares must agree with this: size and offsets of a value, and the number of its kinds.
BIF_API void bif_value_layout(int64_t* layout) {
  layout[0] = sizeof(Value);
  layout[1] = offsetof(Value, kind);
  layout[2] = offsetof(Value, integer);
  layout[3] = offsetof(Value, count);
  layout[4] = static_cast<int64_t>(Kind::End);
}

// Looks an operator up; the handle lives as long as the process.
BIF_API int bif_operator_find(const char* name, const char* overload, void** out) {
  return bif::guarded([&] {
    const auto found = c10::Dispatcher::singleton().findSchema({name, overload});
    const std::string full = std::string(name) + (*overload ? "." : "") + overload;
    if (!found) throw std::runtime_error(full + " is not an operator of libtorch " + TORCH_VERSION);
    auto* op = new Operator{*found, full, {}};
    for (const auto& argument : found->schema().arguments()) op->wants_real.push_back(is_real(argument.type()));
    *out = op;
  });
}

// Calls an operator. Results are new tensor handles and plain values; a null results array drops them (in-place forms).
BIF_API int bif_operator_call(void* handle, const Value* arguments, int count, Value* results, int capacity, int* result_count) {
  auto& op = *static_cast<Operator*>(handle);
  const int failed = bif::guarded([&] {
    torch::jit::Stack stack;
    call(op, arguments, count, stack);
    bif::clear_upper_halves();
    *result_count = 0;
    if (results == nullptr) return;
    int64_t total = 0;
    for (const auto& value : stack) total += width(value);
    if (total > capacity) throw std::runtime_error("it returns " + std::to_string(total) + " values, more than the " + std::to_string(capacity) + " expected");
    for (const auto& value : stack) results = unbox(value, results);
    *result_count = static_cast<int>(total);
  });
  if (failed) {
    const std::string reason = bif_last_error(), given = shapes(arguments, count);
    bif::set_last_error(op.name + ": " + reason + (given.empty() ? "" : " (given " + given + ")"));
  }
  return failed;
}
