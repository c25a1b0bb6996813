// An image of the host: what its own properties say (hosts hand out other depths than were asked for), and copying.
#pragma once

#include <cstddef>
#include <cstdint>

#include "abi/types.hpp"

namespace bridge {

// The numbers are the protocol's.
enum class Depth : int { byte = 0, short_ = 1, half = 2, float_ = 3 };

inline size_t sample_bytes(Depth depth) { return depth == Depth::byte ? 1 : depth == Depth::float_ ? 4 : 2; }
inline size_t pixel_bytes(Depth depth) { return 4 * sample_bytes(depth); }

// RGBA in memory. Rows go up: `data` is the lowest one, and row_bytes may be negative.
struct Image {
  uint8_t* data = nullptr;
  ofxabi::RectI bounds = {};
  ptrdiff_t row_bytes = 0;
  Depth depth = Depth::float_;

  int width() const { return bounds.x2 - bounds.x1; }
  int height() const { return bounds.y2 - bounds.y1; }
  uint8_t* pixel(int x, int y) const {
    return data + (y - bounds.y1) * row_bytes +
           static_cast<ptrdiff_t>(x - bounds.x1) * static_cast<ptrdiff_t>(pixel_bytes(depth));
  }
};

// Reads an image's properties; a Refusal names what is wrong with them, before any pixel is touched.
Image image_of(ofxabi::PropertySet properties);

// A frame of a clip, given back when it goes. Empty where the host has none at that time.
class Frame {
 public:
  Frame(ofxabi::Clip clip, ofxabi::Time time);
  ~Frame();
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  explicit operator bool() const { return properties_ != nullptr; }
  Image image() const { return image_of(properties_); }

 private:
  ofxabi::PropertySet properties_ = nullptr;
};

ofxabi::RectI intersection(const ofxabi::RectI& a, const ofxabi::RectI& b);

// The image at the top of memory as packed rows, the picture's top row first: how slots hold pictures.
Image packed(void* memory, const ofxabi::RectI& bounds, Depth depth);

// Copies where both have pixels of one depth; the rest of `window` becomes black and transparent.
void copy(const Image& from, const Image& to, const ofxabi::RectI& window);

// The same between any depths, each source pixel shown as scale x scale pixels: what a node shows when it fails.
void pass_through(const Image& from, const Image& to, const ofxabi::RectI& window, int scale);

void clear(const Image& to, const ofxabi::RectI& window);

}  // namespace bridge
