// A boxed argument or result of an operator as it crosses the ABI; mirrors Bif.Native.NativeValue.
#pragma once

#include "abi.h"

#include <cstdint>

namespace bif {

struct Value {
  enum class Kind : int64_t {
    None, Tensor, Integer, Real, Boolean, Integers, Reals, Tensors, Text, Default, Device, OptionalTensors, Generator, End
  };

  Kind kind;
  union {
    int64_t integer;  // also a device's type
    double real;
    void* pointer;  // to a tensor or generator, or to the first element of a list
  };
  int64_t count;  // elements of a list; a device's index
};

}  // namespace bif
