#include "objects.hpp"

#include <cstring>

namespace testhost {

namespace {
constexpr uint8_t canary = 0xa5;
constexpr size_t guard = 4096;
}  // namespace

size_t Pixels::pixel_bytes() const {
  return 4 * (depth == ofxabi::name::byte ? 1 : depth == ofxabi::name::float_ ? 4 : 2);
}

LentImage::LentImage(Host* host, const Pixels& pixels, bool fill)
    : properties(host), shape(pixels), stride(pixels.pixel_bytes() * pixels.width() + pixels.padding) {
  memory.assign(2 * guard + stride * static_cast<size_t>(pixels.height()), canary);
  const size_t row_size = pixels.pixel_bytes() * static_cast<size_t>(pixels.width());
  if (fill)
    for (int y = 0; y < pixels.height(); ++y)
      std::memcpy(row(y), pixels.bytes.data() + row_size * static_cast<size_t>(y), row_size);
  auto& p = properties;
  p.image = this;
  p.set(ofxabi::prop::type, ofxabi::name::type_image);
  p.set(ofxabi::effect::depth, shape.claimed_depth.empty() ? shape.depth : shape.claimed_depth);
  p.set(ofxabi::effect::components, shape.components);
  p.set(ofxabi::effect::premultiplication, ofxabi::name::unpremultiplied);
  p.set(ofxabi::effect::render_scale, std::vector<double>{1.0, 1.0});
  p.set(ofxabi::image::pixel_aspect, 1.0);
  p.set(ofxabi::image::data, static_cast<void*>(shape.no_data ? nullptr : row(0)));
  const ofxabi::RectI& b = shape.bounds;
  p.set(ofxabi::image::bounds, std::vector<int>{b.x1, b.y1, b.x2, b.y2});
  p.set(ofxabi::image::region_of_definition, std::vector<int>{b.x1, b.y1, b.x2, b.y2});
  const int rows = static_cast<int>(stride) * (shape.negative_rows ? -1 : 1);
  p.set(ofxabi::image::row_bytes, shape.row_bytes_claimed ? shape.row_bytes_claimed : rows);
  p.set(ofxabi::image::field, shape.field);
  p.set(ofxabi::image::unique_identifier, "");
}

uint8_t* LentImage::row(int y) {
  const int place = shape.negative_rows ? shape.height() - 1 - y : y;
  return memory.data() + guard + stride * static_cast<size_t>(place);
}

bool LentImage::guards_untouched() {
  for (size_t i = 0; i < guard; ++i)
    if (memory[i] != canary || memory[memory.size() - 1 - i] != canary) return false;
  const size_t row_size = stride - static_cast<size_t>(shape.padding);
  for (int y = 0; y < shape.height(); ++y)
    for (size_t x = row_size; x < stride; ++x)
      if (row(y)[x] != canary) return false;
  return true;
}

std::vector<uint8_t> LentImage::packed() {
  const size_t row_size = stride - static_cast<size_t>(shape.padding);
  std::vector<uint8_t> out(row_size * static_cast<size_t>(shape.height()));
  for (int y = 0; y < shape.height(); ++y)
    std::memcpy(out.data() + row_size * static_cast<size_t>(y), row(y), row_size);
  return out;
}

Param* Effect::param(const std::string& name) {
  for (auto& one : params)
    if (one->name == name) return one.get();
  return nullptr;
}

}  // namespace testhost
