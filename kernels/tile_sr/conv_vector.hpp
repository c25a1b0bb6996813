// AVX2 and AVX-512, float: a block of pixels times a group of output channels stays in registers while the
// taps and input channels pass by. Every step loads the group's weights once and broadcasts four bytes of each pixel.
//
// The sums of a pixel are made in the same order wherever it lies in a block, so tiles and bands join exactly.
#pragma once

#include <immintrin.h>

#include "tile_sr/conv_row.hpp"

namespace vsp::VSP_ISA {

#if defined(__AVX512F__)

struct Vec {
  __m512 v;
  static constexpr int width = 16;
  static Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static Vec zero() { return {_mm512_setzero_ps()}; }
  static Vec all(float value) { return {_mm512_set1_ps(value)}; }
  static Vec all_fours(const char* p) {
    return {_mm512_broadcast_f32x4(_mm_loadu_ps(reinterpret_cast<const float*>(p)))};
  }
  void store(float* p) const { _mm512_storeu_ps(p, v); }
};
static inline Vec add(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
static inline Vec multiply(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
static inline Vec subtract(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
static inline Vec multiply_add(Vec sum, Vec a, Vec b) { return {_mm512_fmadd_ps(a.v, b.v, sum.v)}; }
static inline Vec add_times(Vec sum, Vec a, float factor) { return multiply_add(sum, a, Vec::all(factor)); }
// The operands' order matters: of zero and NaN, max returns the second.
static inline Vec relu(Vec a) { return {_mm512_max_ps(_mm512_setzero_ps(), a.v)}; }
static inline Vec prelu(Vec a, Vec slope) {
  const __mmask16 negative = _mm512_cmp_ps_mask(a.v, _mm512_setzero_ps(), _CMP_LT_OQ);
  return {_mm512_mask_mul_ps(a.v, negative, a.v, slope.v)};
}

#else

struct Vec {
  __m256 v;
  static constexpr int width = 8;
  static Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static Vec zero() { return {_mm256_setzero_ps()}; }
  static Vec all(float value) { return {_mm256_set1_ps(value)}; }
  void store(float* p) const { _mm256_storeu_ps(p, v); }
};
static inline Vec add(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
static inline Vec multiply(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
static inline Vec subtract(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
static inline Vec multiply_add(Vec sum, Vec a, Vec b) { return {_mm256_fmadd_ps(a.v, b.v, sum.v)}; }
static inline Vec add_times(Vec sum, Vec a, float factor) { return multiply_add(sum, a, Vec::all(factor)); }
static inline Vec relu(Vec a) { return {_mm256_max_ps(_mm256_setzero_ps(), a.v)}; }
static inline Vec prelu(Vec a, Vec slope) {
  const __m256 negative = _mm256_cmp_ps(a.v, _mm256_setzero_ps(), _CMP_LT_OQ);
  return {_mm256_blendv_ps(a.v, _mm256_mul_ps(a.v, slope.v), negative)};
}

#endif

static inline Vec load_lanes(const float* p) { return Vec::load(p); }
static inline void store_lanes(Vec value, float* p) { value.store(p); }

#if defined(__AVX512BF16__)

static inline Vec load_lanes(const Bf16* p) {
  const __m512i bits = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(bits, 16))};
}
static inline void store_lanes(Vec value, Bf16* p) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), (__m256i)_mm512_cvtneps_pbh(value.v));
}

#endif

#if defined(__AVX512VNNI__)

// code_of (tile_sr.hpp), before the zero is added. Of NaN and low, max returns the second.
static inline __m512i rounded(const OutCodes& codes, Vec value) {
  const __m512 limited = _mm512_max_ps(value.v, _mm512_set1_ps(codes.low));
  return _mm512_cvtps_epi32(_mm512_min_ps(limited, _mm512_set1_ps(static_cast<float>(255 - codes.zero))));
}

// Sixteen channels of a pixel, as codes of four planes.
static inline void put_codes(const OutCodes& codes, Vec value, size_t plane, char* out) {
  const __m512i numbers = _mm512_add_epi32(rounded(codes, value), _mm512_set1_epi32(codes.zero));
  alignas(16) char bytes[kLanes];
  _mm_store_si128(reinterpret_cast<__m128i*>(bytes), _mm512_cvtepi32_epi8(numbers));
  for (int k = 0; k < kLanes / kStepBytes; ++k) __builtin_memcpy(out + k * plane, bytes + k * kStepBytes, kStepBytes);
}

#endif

// What an earlier layer made. INT8 networks have no skip connections, so codes are never added.
template <class Out>
static inline Vec skipped(const ConvRow& row, size_t at) {
  if constexpr (sizeof(Out) == sizeof(Code))
    return Vec::zero();
  else
    return load_lanes(reinterpret_cast<const Out*>(row.skip + at));
}

// Skip connection, activation, store. `sums` holds kPixels pixels of kVectors vectors from channel `lane` on.
template <class Out, int kPixels, int kVectors>
static inline __attribute__((always_inline)) void finish(const ConvRow& row, int x, int lane,
                                                         Vec (&sums)[kPixels][kVectors]) {
  constexpr bool kCodes = sizeof(Out) == sizeof(Code);
  const TileLayer& layer = *row.layer;
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    const int first = lane + v * Vec::width;
    const size_t at =
        lane_offset<Out>(first, row.block_bytes) + x * static_cast<size_t>(kPixelBytes) + first % kLanes * sizeof(Out);
    const Vec slope = layer.activation == Activation::prelu ? Vec::load(layer.slope + first) : Vec::zero();
#pragma GCC unroll 32
    for (int p = 0; p < kPixels; ++p) {
      Vec value = sums[p][v];
      const size_t here = at + p * kPixelBytes;
      const bool adds = !kCodes && row.skip != nullptr;
      if (adds && layer.skip_first) value = add(value, skipped<Out>(row, here));
      if (layer.activation == Activation::relu) value = relu(value);
      if (layer.activation == Activation::prelu) value = prelu(value, slope);
      if (adds && !layer.skip_first) value = add(value, skipped<Out>(row, here));
      if constexpr (kCodes) {
#if defined(__AVX512VNNI__)
        char* four = row.out + first / kStepBytes * row.out_plane + (x + p) * static_cast<size_t>(kStepBytes);
        put_codes(layer.codes, multiply(value, Vec::all(layer.codes.gain)), row.out_plane, four);
#endif
      } else {
        store_lanes(value, reinterpret_cast<Out*>(row.out + here));
      }
    }
  }
}

// The steps of one tap: `steps` channels of kPixels pixels times their weights. kStride: bytes from one pixel of the
// input to the next.
template <int kStride, int kPixels, int kVectors>
static inline __attribute__((always_inline)) const char* add_tap(const char* in, int steps, const char* weights,
                                                                 Vec (&sums)[kPixels][kVectors]) {
  constexpr int kVectorBytes = Vec::width * 4;
  for (int step = 0; step < steps; ++step, in += 4, weights += kVectors * kVectorBytes) {
    Vec w[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) w[v] = Vec::load(reinterpret_cast<const float*>(weights + v * kVectorBytes));
#pragma GCC unroll 32
    for (int p = 0; p < kPixels; ++p) {
      const Vec pixel = Vec::all(*reinterpret_cast<const float*>(in + p * kStride));
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[p][v] = multiply_add(sums[p][v], pixel, w[v]);
    }
  }
  return weights;
}

template <class Out, int kStride, int kPixels, int kVectors>
static inline __attribute__((always_inline)) void conv_block(const ConvRow& row, int x, int lane, const char* weights) {
  Vec sums[kPixels][kVectors];
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    const Vec bias = Vec::load(row.layer->bias + lane + v * Vec::width);
#pragma GCC unroll 32
    for (int p = 0; p < kPixels; ++p) sums[p][v] = bias;
  }
  size_t block = static_cast<size_t>(x) * kStride;
  for (int left = row.layer->steps; left > 0; left -= kSteps, block += row.block_bytes) {
    const int steps = left < kSteps ? left : kSteps;
    for (int ky = 0; ky < 3; ++ky) {
      for (int kx = 0; kx < 3; ++kx) {
        const char* in = row.in[ky] + block + kx * kStride;
        weights = add_tap<kStride>(in, steps, weights, sums);
      }
    }
  }
  finish<Out, kPixels, kVectors>(row, x, lane, sums);
}

// All pixels of the row for one group of channels. The last block is a narrow one, repeated, and may run past the end.
template <class Out, int kStride, int kPixels, int kVectors>
static void conv_group(const ConvRow& row, int lane, const char* weights) {
  constexpr int kNarrow = 4;
  int x = 0;
  for (; x + kPixels <= row.count; x += kPixels) conv_block<Out, kStride, kPixels, kVectors>(row, x, lane, weights);
  for (; x < row.count; x += kNarrow) conv_block<Out, kStride, kNarrow, kVectors>(row, x, lane, weights);
}

// Pixels x vectors of sums, with the weights and a broadcast, fill 32 registers (AVX-512) or 16 (AVX2).
template <class Out, int kStride>
static void conv_row_vectors(const ConvRow& row) {
  const TileLayer& layer = *row.layer;
  const auto* weights = static_cast<const char*>(layer.weights);
  const size_t lane_bytes = 9 * static_cast<size_t>(layer.steps) * 4;
  int lane = 0;
#if defined(__AVX512F__)
  for (; lane + 2 * kLanes <= layer.lanes_out; lane += 2 * kLanes)
    conv_group<Out, kStride, 12, 2>(row, lane, weights + lane * lane_bytes);
  for (; lane < layer.lanes_out; lane += kLanes)
    conv_group<Out, kStride, 20, 1>(row, lane, weights + lane * lane_bytes);
#else
  for (; lane < layer.lanes_out; lane += kLanes) conv_group<Out, kStride, 6, 2>(row, lane, weights + lane * lane_bytes);
#endif
}

}  // namespace vsp::VSP_ISA
