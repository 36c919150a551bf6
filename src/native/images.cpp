// Decoding photographs with libvips: JPEG, PNG and WebP only, sizes checked before pixels are touched.
#include "abi.h"

#include <cmath>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#ifdef BIF_WITH_VIPS
#include <vips/vips.h>

namespace {

constexpr int64_t kMaxPixels = 100'000'000;

struct Unref {
  void operator()(VipsImage* image) const { g_object_unref(image); }
};
using Image = std::unique_ptr<VipsImage, Unref>;

void start() {
  static const bool started = [] {
    if (VIPS_INIT("bif")) throw std::runtime_error("libvips does not start");
    vips_concurrency_set(1);  // parallelism is the caller's
    vips_cache_set_max(0);
    return true;
  }();
  (void)started;
}

[[noreturn]] void fail() {
  std::string reason = vips_error_buffer();
  vips_error_clear();
  const auto end = reason.find('\n');
  throw std::runtime_error(reason.empty() ? "it cannot be decoded" : reason.substr(0, end));
}

Image open(const char* file) {
  start();
  const char* loader = vips_foreign_find_load(file);
  if (loader == nullptr) {
    vips_error_clear();
    throw std::runtime_error("it is no image that can be read (JPEG, PNG, WebP)");
  }
  const std::string name = loader;
  if (name.find("Jpeg") == std::string::npos && name.find("Png") == std::string::npos && name.find("Webp") == std::string::npos) {
    throw std::runtime_error("it is not a JPEG, PNG or WebP image");
  }
  Image image(vips_image_new_from_file(file, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_TRUNCATED, nullptr));
  if (!image) fail();
  if (static_cast<int64_t>(image->Xsize) * image->Ysize > kMaxPixels) {
    throw std::runtime_error("it has " + std::to_string(image->Xsize) + " x " + std::to_string(image->Ysize) + " pixels, more than 100 million");
  }
  return image;
}

// Applies one libvips operation that returns a new image.
template <typename Operation>
Image next(const Image& image, Operation&& operation) {
  VipsImage* out = nullptr;
  if (operation(image.get(), &out)) fail();
  return Image(out);
}

}  // namespace

BIF_API int bif_image_size(const char* file, int* width, int* height) {
  return bif::guarded([&] {
    Image image = open(file);
    image = next(image, [](VipsImage* in, VipsImage** out) { return vips_autorot(in, out, nullptr); });
    *width = image->Xsize;
    *height = image->Ysize;
  });
}

// Decodes to planar [channels, height, width] bytes. resize: length of the shorter edge, 0 for none; crop: square side
// taken from the centre, 0 for none. The buffer must have exactly the resulting size.
BIF_API int bif_image_decode(const char* file, int channels, int resize, int crop, uint8_t* out, int64_t capacity) {
  return bif::guarded([&] {
    Image image = open(file);
    image = next(image, [](VipsImage* in, VipsImage** o) { return vips_autorot(in, o, nullptr); });
    image = next(image, [&](VipsImage* in, VipsImage** o) {
      return vips_colourspace(in, o, channels == 1 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB, nullptr);
    });
    if (vips_image_hasalpha(image.get())) {
      image = next(image, [](VipsImage* in, VipsImage** o) { return vips_flatten(in, o, nullptr); });
    }
    const int shorter = std::min(image->Xsize, image->Ysize);
    if (resize > 0 && shorter != resize) {
      const int width = static_cast<int>(std::lround(static_cast<double>(image->Xsize) * resize / shorter));
      const int height = static_cast<int>(std::lround(static_cast<double>(image->Ysize) * resize / shorter));
      const double across = static_cast<double>(width) / image->Xsize, down = static_cast<double>(height) / image->Ysize;
      image = next(image, [&](VipsImage* in, VipsImage** o) { return vips_resize(in, o, across, "vscale", down, nullptr); });
    }
    if (crop > 0) {
      if (image->Xsize < crop || image->Ysize < crop) throw std::runtime_error("it is smaller than the crop");
      const int left = (image->Xsize - crop) / 2, top = (image->Ysize - crop) / 2;
      image = next(image, [&](VipsImage* in, VipsImage** o) { return vips_crop(in, o, left, top, crop, crop, nullptr); });
    }
    image = next(image, [](VipsImage* in, VipsImage** o) { return vips_cast(in, o, VIPS_FORMAT_UCHAR, nullptr); });
    const int64_t plane = static_cast<int64_t>(image->Xsize) * image->Ysize;
    if (image->Bands != channels || plane * channels != capacity) {
      throw std::runtime_error("it is " + std::to_string(image->Xsize) + " x " + std::to_string(image->Ysize) + " pixels, unlike the others");
    }
    size_t size = 0;
    std::unique_ptr<void, void (*)(void*)> pixels(vips_image_write_to_memory(image.get(), &size), g_free);
    if (!pixels) fail();
    const auto* interleaved = static_cast<const uint8_t*>(pixels.get());
    for (int64_t i = 0; i < plane; i++) {
      for (int c = 0; c < channels; c++) out[c * plane + i] = interleaved[i * channels + c];
    }
  });
}
#else
static int absent() {
  return bif::guarded([] { throw std::runtime_error("this build has no image decoder: install libvips-dev and run ./bif build"); });
}
BIF_API int bif_image_size(const char*, int*, int*) { return absent(); }
BIF_API int bif_image_decode(const char*, int, int, int, uint8_t*, int64_t) { return absent(); }
#endif
