// libvips, loaded at run time: the library starts without it, and needs none of its headers to be built.
#pragma once

#include <cstddef>

namespace bif {

struct VipsImage;  // opaque

// The functions used, with libvips 8's signatures; names after the last comma end with a null pointer.
struct Vips {
  int (*init)(const char* program);
  void (*concurrency_set)(int threads);
  void (*cache_set_max)(int operations);
  const char* (*error_buffer)();
  void (*error_clear)();
  int (*jpegload_buffer)(void* bytes, size_t length, VipsImage** out, ...);
  int (*pngload_buffer)(void* bytes, size_t length, VipsImage** out, ...);
  int (*webpload_buffer)(void* bytes, size_t length, VipsImage** out, ...);
  int (*svgload_buffer)(void* bytes, size_t length, VipsImage** out, ...);  // null where libvips was built without librsvg
  int (*jpegsave_buffer)(VipsImage* in, void** bytes, size_t* length, ...);
  int (*pngsave_buffer)(VipsImage* in, void** bytes, size_t* length, ...);
  int (*webpsave_buffer)(VipsImage* in, void** bytes, size_t* length, ...);
  int (*image_get_width)(const VipsImage*);
  int (*image_get_height)(const VipsImage*);
  int (*image_get_bands)(const VipsImage*);
  int (*image_hasalpha)(VipsImage*);
  VipsImage* (*image_new_from_memory_copy)(const void* bytes, size_t length, int width, int height, int bands, int format);
  void* (*image_write_to_memory)(VipsImage* in, size_t* length);
  int (*copy)(VipsImage* in, VipsImage** out, ...);
  int (*autorot)(VipsImage* in, VipsImage** out, ...);
  int (*colourspace)(VipsImage* in, VipsImage** out, int space, ...);
  int (*flatten)(VipsImage* in, VipsImage** out, ...);
  int (*resize)(VipsImage* in, VipsImage** out, double scale, ...);
  int (*crop)(VipsImage* in, VipsImage** out, int left, int top, int width, int height, ...);
  int (*cast)(VipsImage* in, VipsImage** out, int format, ...);
  void* (*array_double_new)(const double* values, int count);
  void (*area_unref)(void* area);
  void (*object_unref)(void* object);  // g_object_unref
  void (*free)(void* memory);          // g_free
};

// libvips' enumerations, whose values are part of its ABI.
constexpr int kFormatUchar = 0;
constexpr int kSpaceGrey = 1, kSpaceSrgb = 22;
constexpr int kFailOnError = 2;

// Loads libvips on the first call, with one thread per operation and no cache: parallelism is the caller's, and no image
// is decoded twice. Throws a sentence where it is missing.
const Vips& vips();

}  // namespace bif
