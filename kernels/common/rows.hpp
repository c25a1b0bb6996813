// Rows of samples to floats and back: the same for every kernel, so that each kernel's arithmetic is written in float
// once. Included by the per-instruction-set sources only.
#pragma once

#include "common/code.hpp"
#include "common/half.hpp"
#include "common/plane.hpp"

namespace vsp::VSP_ISA {

static inline float to_float(uint8_t sample) { return static_cast<float>(sample); }
static inline float to_float(uint16_t sample) { return static_cast<float>(sample); }
static inline float to_float(Half sample) { return half_to_float(sample); }
static inline float to_float(float sample) { return sample; }

// Integers by to_code(); floats are not clamped.
static inline void from_float(float value, float peak, uint8_t& out) {
  out = static_cast<uint8_t>(to_code(value, peak));
}
static inline void from_float(float value, float peak, uint16_t& out) {
  out = static_cast<uint16_t>(to_code(value, peak));
}
static inline void from_float(float value, float, Half& out) { out = float_to_half(value); }
static inline void from_float(float value, float, float& out) { out = value; }

template <class T>
static inline const T* row_at(const Plane& plane, int y) {
  return reinterpret_cast<const T*>(static_cast<const char*>(plane.data) + y * plane.stride);
}
template <class T>
static inline T* row_at(const OutPlane& plane, int y) {
  return reinterpret_cast<T*>(static_cast<char*>(plane.data) + y * plane.stride);
}

template <class T>
static inline void load_samples(const T* __restrict in, int count, float* __restrict out) {
  for (int i = 0; i < count; ++i) out[i] = to_float(in[i]);
}

template <class T>
static inline void store_samples(const float* __restrict in, int count, float peak, T* __restrict out) {
  for (int i = 0; i < count; ++i) from_float(in[i], peak, out[i]);
}

#if defined(__F16C__)
// GCC does not vectorise the scalar conversion intrinsics, so whole groups of eight are written out.
static inline void load_samples(const Half* __restrict in, int count, float* __restrict out) {
  int i = 0;
  for (; i + 8 <= count; i += 8)
    _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i))));
  for (; i < count; ++i) out[i] = half_to_float(in[i]);
}

static inline void store_samples(const float* __restrict in, int count, float, Half* __restrict out) {
  int i = 0;
  for (; i + 8 <= count; i += 8)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm256_cvtps_ph(_mm256_loadu_ps(in + i), 0));
  for (; i < count; ++i) out[i] = float_to_half(in[i]);
}
#endif

// The identity is skipped, not multiplied out: it must keep -0 and NaN payloads.
static inline void through_line(Line line, int count, float* __restrict values) {
  if (line.gain == 1.0f && line.bias == 0.0f) return;
  for (int i = 0; i < count; ++i) values[i] = values[i] * line.gain + line.bias;
}

// Columns [x, x + count) of row y as floats, put through `line`.
static inline void load_row(const Plane& plane, int y, int x, int count, Line line, float* __restrict out) {
  with_sample(plane.sample, [&](auto type) {
    using T = decltype(type);
    load_samples(row_at<T>(plane, y) + x, count, out);
  });
  through_line(line, count, out);
}

static inline void store_row(const OutPlane& plane, int y, int x, int count, const float* in) {
  const float peak = peak_of(plane.bits < 16 ? plane.bits : 16);
  with_sample(plane.sample, [&](auto type) {
    using T = decltype(type);
    store_samples(in, count, peak, row_at<T>(plane, y) + x);
  });
}

}  // namespace vsp::VSP_ISA
