// binary16 <-> binary32, round to nearest even, bit for bit what F16C does (NaN stays NaN, quietened).
#pragma once

#include <cstring>

#include "common/hd.hpp"
#include "common/plane.hpp"

#if defined(__F16C__)
#include <immintrin.h>
#endif

namespace vsp::VSP_ISA {

static inline float float_of_bits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

static inline uint32_t bits_of_float(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

#if defined(__F16C__)

static inline float half_to_float(Half half) { return _cvtsh_ss(half.bits); }
static inline Half float_to_half(float value) { return {static_cast<uint16_t>(_cvtss_sh(value, 0))}; }

#else

static inline float half_to_float(Half half) {
  const uint32_t sign = static_cast<uint32_t>(half.bits & 0x8000u) << 16;
  const uint32_t magnitude = half.bits & 0x7fffu;
  if (magnitude > 0x7c00u) return float_of_bits(sign | 0x7fc00000u | (magnitude << 13));  // NaN, made quiet
  if (magnitude == 0x7c00u) return float_of_bits(sign | 0x7f800000u);
  // 2^112 moves the exponent from half's bias to float's, and makes subnormal halves normal floats.
  const float scaled = float_of_bits(magnitude << 13) * float_of_bits(0x77800000u);
  return float_of_bits(sign | bits_of_float(scaled));
}

static inline Half float_to_half(float value) {
  const uint32_t bits = bits_of_float(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return {static_cast<uint16_t>(sign | 0x7e00u | ((magnitude >> 13) & 0x3ffu))};
  if (magnitude >= 0x477ff000u) return {static_cast<uint16_t>(sign | 0x7c00u)};  // rounds past 65504: infinity
  if (magnitude < 0x38800000u) {  // below 2^-14: adding 0.5 lets the float adder round to a multiple of 2^-24
    const float rounded = float_of_bits(magnitude) + 0.5f;
    return {static_cast<uint16_t>(sign | (bits_of_float(rounded) - 0x3f000000u))};
  }
  const uint32_t even = (magnitude >> 13) & 1u;
  return {static_cast<uint16_t>(sign | ((magnitude - 0x38000000u + 0xfffu + even) >> 13))};
}

#endif

}  // namespace vsp::VSP_ISA
