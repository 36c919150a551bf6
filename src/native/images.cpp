// Photographs in and out through libvips: JPEG, PNG and WebP only, recognised by their first bytes, their size checked
// before any pixel is decoded; and figures of our own from SVG to PNG.
#include "abi.h"
#include "vips.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using bif::Vips;
using bif::VipsImage;
using bif::vips;

constexpr int64_t kMostPixels = 100'000'000;
const char* const kEnd = nullptr;

struct Unref {
  void operator()(VipsImage* image) const { vips().object_unref(image); }
};
using Image = std::unique_ptr<VipsImage, Unref>;

[[noreturn]] void fail() {
  std::string reason = vips().error_buffer();
  vips().error_clear();
  reason = reason.substr(0, reason.find('\n'));
  throw std::runtime_error(reason.empty() ? "it does not decode" : "it does not decode (" + reason + ")");
}

// Applies one libvips operation that makes a new image.
template <typename Operation>
Image next(const Image& image, const Operation& operation) {
  VipsImage* out = nullptr;
  if (operation(image.get(), &out) != 0) fail();
  return Image(out);
}

enum class Format { kJpeg = 0, kPng = 1, kWebp = 2 };

Format recognise(const uint8_t* bytes, int64_t length) {
  if (length == 0) throw std::runtime_error("it is empty");
  if (length >= 3 && std::memcmp(bytes, "\xFF\xD8\xFF", 3) == 0) return Format::kJpeg;
  if (length >= 8 && std::memcmp(bytes, "\x89PNG\r\n\x1A\n", 8) == 0) return Format::kPng;
  if (length >= 12 && std::memcmp(bytes, "RIFF", 4) == 0 && std::memcmp(bytes + 8, "WEBP", 4) == 0) return Format::kWebp;
  throw std::runtime_error("it is not a JPEG, PNG or WebP file, whatever its name says");
}

// The image with its header read, upright; pixels are decoded when they are asked for.
Image open(const uint8_t* bytes, int64_t length) {
  const auto format = recognise(bytes, length);
  const Vips& v = vips();
  const auto load = format == Format::kJpeg ? v.jpegload_buffer : format == Format::kPng ? v.pngload_buffer : v.webpload_buffer;
  VipsImage* opened = nullptr;
  if (load(const_cast<uint8_t*>(bytes), static_cast<size_t>(length), &opened, "fail_on", bif::kFailOnError, kEnd) != 0) fail();
  Image image(opened);
  const int64_t width = v.image_get_width(opened), height = v.image_get_height(opened);
  if (width * height > kMostPixels) {
    throw std::runtime_error("it has " + std::to_string(width) + " x " + std::to_string(height) + " pixels, more than 100 million");
  }
  return next(image, [&](VipsImage* in, VipsImage** out) { return v.autorot(in, out, kEnd); });
}

// sRGB or grey in 8 bits, transparent parts on white. Embedded colour profiles are ignored, as PyTorch's loaders do.
Image to_channels(const Image& image, int channels) {
  const Vips& v = vips();
  Image result = next(image, [&](VipsImage* in, VipsImage** out) {
    return v.colourspace(in, out, channels == 1 ? bif::kSpaceGrey : bif::kSpaceSrgb, kEnd);
  });
  if (v.image_hasalpha(result.get()) != 0) {
    const double white = 255;
    const std::unique_ptr<void, void (*)(void*)> background(v.array_double_new(&white, 1), v.area_unref);
    result = next(result, [&](VipsImage* in, VipsImage** out) { return v.flatten(in, out, "background", background.get(), kEnd); });
  }
  return next(result, [&](VipsImage* in, VipsImage** out) { return v.cast(in, out, bif::kFormatUchar, kEnd); });
}

// Resamples to width x height, antialiased, without libvips' box filter before the kernel (gap 0).
Image resized(const Image& image, int width, int height, int kernel) {
  const Vips& v = vips();
  const double across = static_cast<double>(width) / v.image_get_width(image.get());
  const double down = static_cast<double>(height) / v.image_get_height(image.get());
  return next(image, [&](VipsImage* in, VipsImage** out) {
    return v.resize(in, out, across, "vscale", down, "kernel", kernel, "gap", 0.0, kEnd);
  });
}

Image centre(const Image& image, int side) {
  const Vips& v = vips();
  const int width = v.image_get_width(image.get()), height = v.image_get_height(image.get());
  if (width < side || height < side) {
    throw std::runtime_error("it has " + std::to_string(width) + " x " + std::to_string(height) + " pixels where a square of " +
                             std::to_string(side) + " is to be cut out");
  }
  // Half pixels go to the even side, as in torchvision's CenterCrop.
  const int left = static_cast<int>(std::nearbyint((width - side) / 2.0));
  const int top = static_cast<int>(std::nearbyint((height - side) / 2.0));
  return next(image, [&](VipsImage* in, VipsImage** out) { return v.crop(in, out, left, top, side, side, kEnd); });
}

// Decodes all pixels and writes them plane by plane.
void write_planes(const Image& image, int channels, uint8_t* out, int64_t capacity) {
  const Vips& v = vips();
  const int64_t width = v.image_get_width(image.get()), height = v.image_get_height(image.get());
  const int64_t plane = width * height;
  if (v.image_get_bands(image.get()) != channels || plane * channels != capacity) {
    throw std::runtime_error("it has " + std::to_string(width) + " x " + std::to_string(height) + " pixels in " +
                             std::to_string(v.image_get_bands(image.get())) + " channels, which is not the size expected");
  }
  size_t length = 0;
  const std::unique_ptr<void, void (*)(void*)> pixels(v.image_write_to_memory(image.get(), &length), v.free);
  if (!pixels) fail();
  const auto* interleaved = static_cast<const uint8_t*>(pixels.get());
  for (int c = 0; c < channels; c++) {
    for (int64_t i = 0; i < plane; i++) out[c * plane + i] = interleaved[i * channels + c];
  }
}

}  // namespace

// Size in pixels, upright.
BIF_API int bif_image_size(const uint8_t* bytes, int64_t length, int* width, int* height) {
  return bif::guarded([&] {
    const Image image = open(bytes, length);
    *width = vips().image_get_width(image.get());
    *height = vips().image_get_height(image.get());
  });
}

// Decodes to planes [channels, height, width]. width and height are the size after resampling, 0 for none; crop is the
// side of the square then taken from the centre, 0 for none. capacity must be the exact number of bytes.
BIF_API int bif_image_decode(const uint8_t* bytes, int64_t length, int channels, int width, int height, int kernel, int crop,
                             uint8_t* out, int64_t capacity) {
  return bif::guarded([&] {
    Image image = to_channels(open(bytes, length), channels);
    const bool same = vips().image_get_width(image.get()) == width && vips().image_get_height(image.get()) == height;
    if (width > 0 && !same) image = resized(image, width, height, kernel);
    if (crop > 0) image = centre(image, crop);
    write_planes(image, channels, out, capacity);
  });
}

// Encodes planes [channels, height, width]; the caller frees the bytes with bif_image_free.
BIF_API int bif_image_encode(const uint8_t* planes, int channels, int width, int height, int format, int quality,
                             void** bytes, int64_t* length) {
  return bif::guarded([&] {
    const Vips& v = vips();
    const int64_t plane = static_cast<int64_t>(width) * height;
    std::vector<uint8_t> interleaved(plane * channels);
    for (int c = 0; c < channels; c++) {
      for (int64_t i = 0; i < plane; i++) interleaved[i * channels + c] = planes[c * plane + i];
    }
    Image image(v.image_new_from_memory_copy(interleaved.data(), interleaved.size(), width, height, channels, bif::kFormatUchar));
    if (!image) fail();
    image = next(image, [&](VipsImage* in, VipsImage** out) {
      return v.copy(in, out, "interpretation", channels == 1 ? bif::kSpaceGrey : bif::kSpaceSrgb, kEnd);
    });
    size_t size = 0;
    int code = 0;
    switch (static_cast<Format>(format)) {
      case Format::kJpeg: code = v.jpegsave_buffer(image.get(), bytes, &size, "Q", quality, kEnd); break;
      case Format::kPng: code = v.pngsave_buffer(image.get(), bytes, &size, kEnd); break;
      case Format::kWebp: code = v.webpsave_buffer(image.get(), bytes, &size, "Q", quality, kEnd); break;
    }
    if (code != 0) fail();
    *length = static_cast<int64_t>(size);
  });
}

// Draws an SVG document that this program made as PNG on white, scaled; the caller frees the bytes with bif_image_free.
// Never for documents from elsewhere: they may name files.
BIF_API int bif_image_svg_to_png(const uint8_t* svg, int64_t length, double scale, void** bytes, int64_t* png_length) {
  return bif::guarded([&] {
    const Vips& v = vips();
    VipsImage* drawn = nullptr;
    if (v.svgload_buffer == nullptr) throw std::runtime_error("the libvips found was built without librsvg");
    if (v.svgload_buffer(const_cast<uint8_t*>(svg), static_cast<size_t>(length), &drawn, "scale", scale, kEnd) != 0) fail();
    const Image image = to_channels(Image(drawn), 3);
    size_t size = 0;
    if (v.pngsave_buffer(image.get(), bytes, &size, kEnd) != 0) fail();
    *png_length = static_cast<int64_t>(size);
  });
}

BIF_API void bif_image_free(void* bytes) { vips().free(bytes); }
