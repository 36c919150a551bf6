#include "abi.h"

#include <c10/util/Exception.h>

namespace bif {

namespace {
thread_local std::string last_error;
}

void set_last_error(const std::string& message) { last_error = message; }

std::string describe(const std::exception& error) {
  if (const auto* torch_error = dynamic_cast<const c10::Error*>(&error)) {
    return torch_error->what_without_backtrace();
  }
  return error.what();
}

}  // namespace bif

BIF_API const char* bif_last_error() { return bif::last_error.c_str(); }
