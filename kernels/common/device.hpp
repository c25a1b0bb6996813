// What every .cu file starts from: samples and rows as CUDA threads see them. NVRTC has no C++ library, so there is
// none here; the tests compile the same files for the host, where tests/cuda/emulator.hpp stands in for the GPU.
// What differs between uses of a kernel and is known before it is compiled (sample types, a network's shape) comes as
// macros named VSP_...; each file says at its top which.
#pragma once

#include "common/code.hpp"

#if !defined(__CUDACC__) && !defined(__CUDACC_RTC__)
#include "emulator.hpp"
#endif

namespace vsp::VSP_ISA {

using Byte = unsigned char;  // the sample types by the names that macros give: Byte, Word, HalfBits, float
using Word = unsigned short;

// binary16 as bits, so that no arithmetic happens in it by accident.
struct HalfBits {
  Word bits;
};

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)

__device__ inline float half_to_float(HalfBits half) {
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(half.bits));
  return value;
}

__device__ inline HalfBits float_to_half(float value) {
  HalfBits half;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half.bits) : "f"(value));
  return half;
}

#else

inline float half_to_float(HalfBits half) { return emulator::float_of_half(half.bits); }
inline HalfBits float_to_half(float value) { return {emulator::half_of_float(value)}; }

#endif

__device__ inline float to_float(Byte sample) { return static_cast<float>(sample); }
__device__ inline float to_float(Word sample) { return static_cast<float>(sample); }
__device__ inline float to_float(HalfBits sample) { return half_to_float(sample); }
__device__ inline float to_float(float sample) { return sample; }

__device__ inline void from_float(float value, float peak, Byte& out) { out = static_cast<Byte>(to_code(value, peak)); }
__device__ inline void from_float(float value, float peak, Word& out) { out = static_cast<Word>(to_code(value, peak)); }
__device__ inline void from_float(float value, float, HalfBits& out) { out = float_to_half(value); }
__device__ inline void from_float(float value, float, float& out) { out = value; }

// A plane: rows `stride` bytes apart. Loads go through the read-only cache: no kernel writes what it reads.
template <class T>
struct Image {
  const char* data;
  long long stride;
  __device__ const T* row(int y) const { return reinterpret_cast<const T*>(data + y * stride); }
  __device__ T at(int x, int y) const { return row(y)[x]; }
};

template <class T>
struct OutImage {
  char* data;
  long long stride;
  __device__ T* row(int y) const { return reinterpret_cast<T*>(data + y * stride); }
};

// The identity is skipped, not multiplied out: it must keep -0 and NaN payloads.
__device__ inline float through_line(float gain, float bias, float value) {
  return gain == 1.0f && bias == 0.0f ? value : value * gain + bias;
}

}  // namespace vsp::VSP_ISA
