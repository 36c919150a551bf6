// The C ABI's conventions, shared by every source of the library.
//
// A tensor handle is an at::Tensor* on the heap, which is also what TorchSharp hands out: the kernels serve both builds.
// Every function that can fail returns 0 on success; on failure it returns non-zero and bif_last_error() holds the
// message of the calling thread. No C++ exception crosses the ABI.
#pragma once

#include <exception>
#include <string>

#define BIF_API extern "C" __attribute__((visibility("default")))

namespace bif {

// Keeps the message of the current thread's last error.
void set_last_error(const std::string& message);

// The message of an exception without libtorch's C++ backtrace.
std::string describe(const std::exception& error);

// Runs the body of an ABI function; turns an exception into the error code.
template <typename Body>
int guarded(Body&& body) noexcept {
  try {
    body();
    return 0;
  } catch (const std::exception& error) {
    set_last_error(describe(error));
  } catch (...) {
    set_last_error("unknown C++ exception");
  }
  return 1;
}

}  // namespace bif

// The message of the calling thread's last failed call; valid until its next failure.
BIF_API const char* bif_last_error();
