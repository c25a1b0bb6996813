// What a kernel sees of a picture: one plane, its stride in bytes, and the type of its samples.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vsp {

enum class Sample { u8, u16, half, f32 };

// IEEE 754 binary16 as bits, so that it is a type of its own and no arithmetic happens in it by accident.
struct Half {
  uint16_t bits;
};

template <class Void>
struct BasicPlane {
  Void* data = nullptr;
  ptrdiff_t stride = 0;  // bytes from one row to the next; may be larger than the row (padding is never written)
  int width = 0;
  int height = 0;
  Sample sample = Sample::f32;
  int bits = 32;  // significant bits of integer samples, 8..16
};

using Plane = BasicPlane<const void>;
using OutPlane = BasicPlane<void>;

// Calls `body` with a value of the C++ type of `sample`: the only switch over sample types.
template <class Body>
inline auto with_sample(Sample sample, Body&& body) {
  switch (sample) {
    case Sample::u8:
      return body(uint8_t{});
    case Sample::u16:
      return body(uint16_t{});
    case Sample::half:
      return body(Half{});
    default:
      return body(float{});
  }
}

inline size_t sample_bytes(Sample sample) { return sample == Sample::u8 ? 1 : sample == Sample::f32 ? 4 : 2; }

// code = gain * nominal + bias, and the same line between the code values of two formats.
struct Line {
  float gain = 1.0f;
  float bias = 0.0f;
};

}  // namespace vsp
