#include "image.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "host.hpp"
#include "properties.hpp"
#include "refusal.hpp"
#include "sample.hpp"

namespace bridge {
namespace {

using ofxabi::RectI;

Depth depth_of(const std::string& name) {
  if (name == ofxabi::name::float_) return Depth::float_;
  if (name == ofxabi::name::half) return Depth::half;
  if (name == ofxabi::name::short_) return Depth::short_;
  if (name == ofxabi::name::byte) return Depth::byte;
  refuse(ofxabi::status::format,
         "the host's image has pixels of type '" + name + "'; allowed: byte, short, half, float");
}

bool empty(const RectI& area) { return area.x2 <= area.x1 || area.y2 <= area.y1; }

int divided_down(int value, int by) { return value >= 0 ? value / by : -((-value + by - 1) / by); }

}  // namespace

Image image_of(ofxabi::PropertySet set) {
  const Properties properties(set);
  Image image;
  const std::string components = properties.string(ofxabi::effect::components, ofxabi::name::rgba);
  if (components != ofxabi::name::rgba)
    refuse(ofxabi::status::format, "the host's image has components '" + components + "'; allowed: RGBA");
  image.depth = depth_of(properties.string(ofxabi::effect::depth, ofxabi::name::float_));
  if (!properties.rectangle(ofxabi::image::bounds, &image.bounds) || empty(image.bounds))
    refuse(ofxabi::status::format, "the host's image has no bounds");
  image.data = static_cast<uint8_t*>(properties.pointer(ofxabi::image::data));
  if (!image.data) refuse(ofxabi::status::format, "the host's image has no data");
  image.row_bytes = properties.integer(ofxabi::image::row_bytes);
  const auto needed = static_cast<ptrdiff_t>(pixel_bytes(image.depth)) * image.width();
  // The SDK's own demo host says Float and hands out bytes: its rows give it away.
  if (image.height() > 1 && std::abs(image.row_bytes) < needed)
    refuse(ofxabi::status::format, "the host's image has " + std::to_string(image.row_bytes) +
                                       " bytes per row; its width and depth need " + std::to_string(needed));
  return image;
}

Frame::Frame(ofxabi::Clip clip, ofxabi::Time time) {
  if (!clip || host().effect->clip_get_image(clip, time, nullptr, &properties_) != ofxabi::status::ok)
    properties_ = nullptr;
}

Frame::~Frame() {
  if (properties_) host().effect->clip_release_image(properties_);
}

RectI intersection(const RectI& a, const RectI& b) {
  return {std::max(a.x1, b.x1), std::max(a.y1, b.y1), std::min(a.x2, b.x2), std::min(a.y2, b.y2)};
}

Image packed(void* memory, const RectI& bounds, Depth depth) {
  Image image{static_cast<uint8_t*>(memory), bounds, 0, depth};
  const auto row = static_cast<ptrdiff_t>(pixel_bytes(depth)) * image.width();
  image.data += row * (image.height() - 1);
  image.row_bytes = -row;
  return image;
}

void copy(const Image& from, const Image& to, const RectI& window) {
  const RectI area = intersection(window, to.bounds), shared = intersection(area, from.bounds);
  const size_t pixel = pixel_bytes(to.depth);
  for (int y = area.y1; y < area.y2; ++y) {
    if (area.x2 <= area.x1) return;
    uint8_t* const row = to.pixel(area.x1, y);
    if (empty(shared) || y < shared.y1 || y >= shared.y2) {
      std::memset(row, 0, pixel * static_cast<size_t>(area.x2 - area.x1));
      continue;
    }
    std::memset(row, 0, pixel * static_cast<size_t>(shared.x1 - area.x1));
    std::memcpy(to.pixel(shared.x1, y), from.pixel(shared.x1, y), pixel * static_cast<size_t>(shared.x2 - shared.x1));
    if (area.x2 > shared.x2) std::memset(to.pixel(shared.x2, y), 0, pixel * static_cast<size_t>(area.x2 - shared.x2));
  }
}

void pass_through(const Image& from, const Image& to, const RectI& window, int scale) {
  if (scale == 1 && from.depth == to.depth) return copy(from, to, window);
  const RectI area = intersection(window, to.bounds);
  for (int y = area.y1; y < area.y2; ++y) {
    const int from_y = divided_down(y, scale);
    for (int x = area.x1; x < area.x2; ++x) {
      const int from_x = divided_down(x, scale);
      const bool inside =
          from_x >= from.bounds.x1 && from_x < from.bounds.x2 && from_y >= from.bounds.y1 && from_y < from.bounds.y2;
      uint8_t* const pixel = to.pixel(x, y);
      if (!inside)
        std::memset(pixel, 0, pixel_bytes(to.depth));
      else
        convert_pixel(from.pixel(from_x, from_y), from.depth, pixel, to.depth);
    }
  }
}

void clear(const Image& to, const RectI& window) {
  const RectI area = intersection(window, to.bounds);
  for (int y = area.y1; y < area.y2 && area.x1 < area.x2; ++y)
    std::memset(to.pixel(area.x1, y), 0, pixel_bytes(to.depth) * static_cast<size_t>(area.x2 - area.x1));
}

}  // namespace bridge
