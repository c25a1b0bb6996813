#include "sample.hpp"

#include <cmath>
#include <cstring>

namespace bridge {
namespace {

float half_to_float(uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const auto fraction = static_cast<float>(bits & 1023);
  const float sign = bits & 0x8000 ? -1.0f : 1.0f;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  if (exponent == 31) return fraction != 0 ? NAN : sign * INFINITY;
  return sign * std::ldexp(1024.0f + fraction, exponent - 25);
}

uint16_t float_to_half(float value) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  if (std::isnan(value)) return 0x7e00;
  const float magnitude = std::fabs(value);
  if (magnitude >= 65520.0f) return sign | 0x7c00;
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  const int shift = exponent < -13 ? -24 : exponent - 11;  // subnormal below 2^-14
  const auto steps = static_cast<int>(std::nearbyint(std::ldexp(magnitude, -shift)));
  return static_cast<uint16_t>(sign + (exponent < -13 ? steps : ((exponent + 13) << 10) + steps));
}

template <class Whole>
Whole whole_of(float value, float peak) {
  return static_cast<Whole>(std::lrint((value > 0 ? (value < 1 ? value : 1) : 0) * peak));  // NaN is 0
}

template <class Sample>
Sample load(const void* from, int index) {
  Sample sample;
  std::memcpy(&sample, static_cast<const uint8_t*>(from) + static_cast<size_t>(index) * sizeof sample, sizeof sample);
  return sample;
}

template <class Sample>
void store(void* to, int index, Sample sample) {
  std::memcpy(static_cast<uint8_t*>(to) + static_cast<size_t>(index) * sizeof sample, &sample, sizeof sample);
}

float sample_of(const void* from, Depth depth, int index) {
  switch (depth) {
    case Depth::byte:
      return static_cast<float>(load<uint8_t>(from, index)) / 255.0f;
    case Depth::short_:
      return static_cast<float>(load<uint16_t>(from, index)) / 65535.0f;
    case Depth::half:
      return half_to_float(load<uint16_t>(from, index));
    default:
      return load<float>(from, index);
  }
}

}  // namespace

void convert_pixel(const void* from, Depth from_depth, void* to, Depth to_depth) {
  if (from_depth == to_depth) {
    std::memcpy(to, from, pixel_bytes(to_depth));
    return;
  }
  for (int index = 0; index < 4; ++index) {
    const float value = sample_of(from, from_depth, index);
    if (to_depth == Depth::byte) store(to, index, whole_of<uint8_t>(value, 255.0f));
    if (to_depth == Depth::short_) store(to, index, whole_of<uint16_t>(value, 65535.0f));
    if (to_depth == Depth::half) store(to, index, float_to_half(value));
    if (to_depth == Depth::float_) store(to, index, value);
  }
}

}  // namespace bridge
