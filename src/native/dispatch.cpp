// One generic call reaches every operator of libtorch, with autograd: name and overload through the dispatcher, arguments
// and results on a stack of boxed values.
#include "abi.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/torch.h>

#include <sstream>

namespace {

// Mirrors Bif.Native.NativeValue; 24 bytes.
struct Value {
  int64_t kind;
  union {
    int64_t integer;
    double real;
    void* pointer;
  };
  int64_t count;
};
static_assert(sizeof(Value) == 24, "the C# side declares the same layout");

enum Kind : int64_t { None, Tensor, Integer, Real, Boolean, Integers, Reals, Tensors, Text, Default, Device, OptionalTensors };

struct Operator {
  c10::OperatorHandle handle;
  std::string name;
  std::vector<bool> wants_real;  // arguments declared float: the boxed call does not convert integers by itself
};

bool is_real(const c10::TypePtr& type) {
  if (const auto optional = type->cast<c10::OptionalType>()) {
    return is_real(optional->getElementType());
  }
  return type->kind() == c10::TypeKind::FloatType;
}

c10::IValue boxed(const Value& value, bool wants_real) {
  switch (value.kind) {
    case None: return {};
    case Tensor: return *static_cast<at::Tensor*>(value.pointer);
    case Integer: return wants_real ? c10::IValue(static_cast<double>(value.integer)) : c10::IValue(value.integer);
    case Real: return value.real;
    case Boolean: return value.integer != 0;
    case Integers: {
      const auto* first = static_cast<const int64_t*>(value.pointer);
      return c10::IValue(c10::IntArrayRef(first, value.count));
    }
    case Reals: {
      const auto* first = static_cast<const double*>(value.pointer);
      return c10::IValue(std::vector<double>(first, first + value.count));
    }
    case Tensors: {
      c10::List<at::Tensor> list;
      for (int64_t i = 0; i < value.count; i++) list.push_back(*static_cast<at::Tensor**>(value.pointer)[i]);
      return list;
    }
    case OptionalTensors: {
      c10::List<c10::optional<at::Tensor>> list;
      for (int64_t i = 0; i < value.count; i++) {
        auto* entry = static_cast<at::Tensor**>(value.pointer)[i];
        list.push_back(entry ? c10::optional<at::Tensor>(*entry) : c10::optional<at::Tensor>());
      }
      return list;
    }
    case Text: return std::string(static_cast<const char*>(value.pointer), value.count);
    case Device: return c10::Device(static_cast<c10::DeviceType>(value.integer), static_cast<c10::DeviceIndex>(value.count));
  }
  throw std::runtime_error("unknown kind of argument");
}

// "[2, 3] Float, [4] Long": what the call was given.
std::string shapes(const Value* arguments, int count) {
  std::ostringstream text;
  auto append = [&](const at::Tensor& t) {
    if (text.tellp() > 0) text << ", ";
    text << t.sizes() << ' ' << t.scalar_type();
  };
  for (int i = 0; i < count; i++) {
    if (arguments[i].kind == Tensor) append(*static_cast<at::Tensor*>(arguments[i].pointer));
    if (arguments[i].kind == Tensors) {
      for (int64_t j = 0; j < arguments[i].count; j++) append(*static_cast<at::Tensor**>(arguments[i].pointer)[j]);
    }
  }
  return text.str();
}

void unbox(const c10::IValue& value, std::vector<Value>& out) {
  Value result{};
  if (value.isTensor()) {
    const auto& t = value.toTensor();
    result.kind = t.defined() ? Tensor : None;
    result.pointer = t.defined() ? new at::Tensor(t) : nullptr;
  } else if (value.isInt()) {
    result.kind = Integer;
    result.integer = value.toInt();
  } else if (value.isDouble()) {
    result.kind = Real;
    result.real = value.toDouble();
  } else if (value.isBool()) {
    result.kind = Boolean;
    result.integer = value.toBool();
  } else if (value.isTensorList()) {
    for (const at::Tensor& t : value.toTensorList()) unbox(t, out);
    return;
  } else {
    throw std::runtime_error("the operator returns " + value.tagKind() + ", which has no counterpart here");
  }
  out.push_back(result);
}

}  // namespace

BIF_API int bif_operator_find(const char* name, const char* overload, void** out) {
  return bif::guarded([&] {
    const auto found = c10::Dispatcher::singleton().findSchema({name, overload});
    if (!found) {
      throw std::runtime_error(std::string(name) + (*overload ? "." : "") + overload + " is not an operator of libtorch " + TORCH_VERSION);
    }
    auto* op = new Operator{*found, name, {}};
    for (const auto& argument : found->schema().arguments()) op->wants_real.push_back(is_real(argument.type()));
    *out = op;
  });
}

// Calls an operator. Arguments not given take the schema's defaults. Results: new tensor handles and plain values.
BIF_API int bif_operator_call(void* handle, const Value* arguments, int count, Value* results, int capacity, int* result_count) {
  auto* op = static_cast<Operator*>(handle);
  const int failed = bif::guarded([&] {
    const auto& declared = op->handle.schema().arguments();
    TORCH_CHECK(static_cast<size_t>(count) <= declared.size(), "too many arguments");
    torch::jit::Stack stack;
    stack.reserve(declared.size());
    for (size_t i = 0; i < declared.size(); i++) {
      if (static_cast<int>(i) < count && arguments[i].kind != Default) {
        stack.push_back(boxed(arguments[i], op->wants_real[i]));
      } else if (declared[i].default_value()) {
        stack.push_back(*declared[i].default_value());
      } else {
        throw std::runtime_error("argument " + declared[i].name() + " is missing");
      }
    }
    op->handle.callBoxed(&stack);
    std::vector<Value> out;
    for (const auto& value : stack) unbox(value, out);
    TORCH_CHECK(static_cast<int>(out.size()) <= capacity, "more results than there is room for");
    std::copy(out.begin(), out.end(), results);
    *result_count = static_cast<int>(out.size());
  });
  if (failed) {
    const std::string reason = bif_last_error();
    bif::set_last_error(op->name + ": " + reason + " (given " + shapes(arguments, count) + ")");
  }
  return failed;
}
