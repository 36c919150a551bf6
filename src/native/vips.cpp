#include "vips.h"

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace bif {
namespace {

template <typename Function>
void bind(void* library, Function& function, const char* name) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr) throw std::runtime_error(std::string("the libvips found lacks ") + name + ": install libvips42 8.9 or newer");
}

// libvips reports warnings through GLib's log, which would print them between the lines of the program.
void ignore_log(const char*, int, const char*, void*) {}

Vips load() {
  void* library = dlopen("libvips.so.42", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw std::runtime_error("images need libvips, which does not load (" + std::string(dlerror()) + "): install the package libvips42");
  }
  Vips v{};
#define BIF_BIND(NAME) bind(library, v.NAME, "vips_" #NAME)
  BIF_BIND(init);
  BIF_BIND(concurrency_set);
  BIF_BIND(cache_set_max);
  BIF_BIND(error_buffer);
  BIF_BIND(error_clear);
  BIF_BIND(jpegload_buffer);
  BIF_BIND(pngload_buffer);
  BIF_BIND(webpload_buffer);
  BIF_BIND(jpegsave_buffer);
  BIF_BIND(pngsave_buffer);
  BIF_BIND(webpsave_buffer);
  BIF_BIND(image_get_width);
  BIF_BIND(image_get_height);
  BIF_BIND(image_get_bands);
  BIF_BIND(image_hasalpha);
  BIF_BIND(image_new_from_memory_copy);
  BIF_BIND(image_write_to_memory);
  BIF_BIND(copy);
  BIF_BIND(autorot);
  BIF_BIND(colourspace);
  BIF_BIND(flatten);
  BIF_BIND(resize);
  BIF_BIND(crop);
  BIF_BIND(cast);
  BIF_BIND(array_double_new);
  BIF_BIND(area_unref);
#undef BIF_BIND
  v.svgload_buffer = reinterpret_cast<decltype(v.svgload_buffer)>(dlsym(library, "vips_svgload_buffer"));
  // GLib is among libvips' own dependencies.
  bind(library, v.object_unref, "g_object_unref");
  bind(library, v.free, "g_free");
  unsigned (*set_handler)(const char*, int, void (*)(const char*, int, const char*, void*), void*);
  bind(library, set_handler, "g_log_set_handler");
  if (v.init("bif") != 0) throw std::runtime_error("libvips does not start: " + std::string(v.error_buffer()));
  constexpr int kWarning = 1 << 4;
  set_handler("VIPS", kWarning, ignore_log, nullptr);
  v.concurrency_set(1);
  v.cache_set_max(0);
  return v;
}

}  // namespace

const Vips& vips() {
  static const Vips loaded = load();
  return loaded;
}

}  // namespace bif
