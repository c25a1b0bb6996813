// AVX-512 VNNI: INT8 layers. A block of pixels times a group of output channels stays in registers; every step
// multiplies four codes of a pixel by four weights of each channel and adds the products up, exactly.
#pragma once

#include "tile_sr/conv_few.hpp"

namespace vsp::VSP_ISA {

static inline __m512i dot(__m512i sums, __m512i codes, __m512i weights) {
  return _mm512_dpbusd_epi32(sums, codes, weights);
}

template <int kPixels, int kVectors>
using CodeSums = __m512i[kPixels][kVectors];

// The steps of one tap.
template <int kPixels, int kVectors>
static inline __attribute__((always_inline)) const char* add_tap_codes(const char* in, int steps, const char* weights,
                                                                       CodeSums<kPixels, kVectors>& sums) {
  for (int step = 0; step < steps; ++step, in += 4, weights += kVectors * 64) {
    __m512i w[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) w[v] = _mm512_loadu_si512(weights + v * 64);
#pragma GCC unroll 32
    for (int p = 0; p < kPixels; ++p) {
      int four;
      __builtin_memcpy(&four, in + p * kPixelBytes, sizeof four);
      const __m512i codes = _mm512_set1_epi32(four);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[p][v] = dot(sums[p][v], codes, w[v]);
    }
  }
  return weights;
}

// The functions below are not inlined into each other: what one keeps in registers would push the other's sums out.
#define VSP_APART static __attribute__((noinline))

// Gain, activation, store.
template <class Out, int kPixels, int kVectors>
VSP_APART void finish_codes(const ConvRow& row, int x, int lane, const CodeSums<kPixels, kVectors>& sums) {
  const TileLayer& layer = *row.layer;
  const bool is_relu = layer.activation == Activation::relu, is_prelu = layer.activation == Activation::prelu;
  for (int v = 0; v < kVectors; ++v) {
    const int first = lane + v * Vec::width;
    const Vec gain = Vec::load(layer.gain + first), slope = is_prelu ? Vec::load(layer.slope + first) : Vec::all(1.0f);
    char* at = row.out + lane_offset<Out>(first, row.block_bytes) + x * static_cast<size_t>(kPixelBytes) +
               first % kLanes * sizeof(Out);
    for (int p = 0; p < kPixels; ++p) {
      const Vec sum = multiply({_mm512_cvtepi32_ps(sums[p][v])}, gain);
      put_lanes(layer.codes, is_relu ? relu(sum) : prelu(sum, slope), reinterpret_cast<Out*>(at + p * kPixelBytes));
    }
  }
}

template <int kPixels, int kVectors>
VSP_APART void sum_codes(const ConvRow& row, int x, int lane, const char* weights, CodeSums<kPixels, kVectors>& out) {
  __m512i sums[kPixels][kVectors];
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    const __m512i start = _mm512_loadu_si512(row.layer->start + lane + v * Vec::width);
#pragma GCC unroll 32
    for (int p = 0; p < kPixels; ++p) sums[p][v] = start;
  }
  size_t block = static_cast<size_t>(x) * kPixelBytes;
  for (int left = row.layer->steps; left > 0; left -= kSteps, block += row.block_bytes) {
    const int steps = left < kSteps ? left : kSteps;
    for (int ky = 0; ky < 3; ++ky)
      for (int kx = 0; kx < 3; ++kx)
        weights = add_tap_codes<kPixels, kVectors>(row.in[ky] + block + kx * kPixelBytes, steps, weights, sums);
  }
#pragma GCC unroll 32
  for (int p = 0; p < kPixels; ++p)
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) out[p][v] = sums[p][v];
}

template <class Out, int kPixels, int kVectors>
static void codes_block(const ConvRow& row, int x, int lane, const char* weights) {
  CodeSums<kPixels, kVectors> sums;
  sum_codes<kPixels, kVectors>(row, x, lane, weights, sums);
  finish_codes<Out, kPixels, kVectors>(row, x, lane, sums);
}

// All pixels of the row for one group of channels. The last block is a narrow one, repeated, and may run past the end.
template <class Out, int kPixels, int kVectors>
static void codes_group(const ConvRow& row, int lane, const char* weights) {
  constexpr int kNarrow = 4;
  int x = 0;
  for (; x + kPixels <= row.count; x += kPixels) codes_block<Out, kPixels, kVectors>(row, x, lane, weights);
  for (; x < row.count; x += kNarrow) codes_block<Out, kNarrow, kVectors>(row, x, lane, weights);
}

// Layers of at most four channels out, by conv_few.hpp.
struct FewCodes {
  using Sum = __m512i;
  static constexpr int kPixels = 16;
  static Sum zero() { return _mm512_setzero_si512(); }
  static Sum load(const char* p) { return _mm512_loadu_si512(p); }
  static Sum add_products(Sum sum, const char* in, Sum weights) {
    return dot(sum, _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in))), weights);
  }
  static Sum add_up(Sum sum) {
    const Sum pairs = _mm512_add_epi32(sum, _mm512_shuffle_epi32(sum, _MM_PERM_CDAB));
    return _mm512_add_epi32(pairs, _mm512_shuffle_epi32(pairs, _MM_PERM_BADC));
  }
  template <class Out>
  static void finish_pixel(const ConvRow& row, int x, Sum sum, __m512i order) {
    const __m512i start = _mm512_loadu_si512(row.layer->start);
    const CodeSums<1, 1> one = {{_mm512_add_epi32(_mm512_permutexvar_epi32(order, sum), start)}};
    finish_codes<Out, 1, 1>(row, x, 0, one);
  }
};

// Pixels x vectors of sums, with the weights and a broadcast, fill 32 registers.
template <class Out>
static void conv_row_codes(const ConvRow& row) {
  const TileLayer& layer = *row.layer;
  if (layer.few) return conv_row_few<FewCodes, Out>(row);
  const auto* weights = static_cast<const char*>(layer.weights);
  const size_t lane_bytes = 9 * static_cast<size_t>(layer.steps) * 4;
  int lane = 0;
  for (; lane + 2 * kLanes <= layer.lanes_out; lane += 2 * kLanes)
    codes_group<Out, 14, 2>(row, lane, weights + lane * lane_bytes);
  for (; lane < layer.lanes_out; lane += kLanes) codes_group<Out, 20, 1>(row, lane, weights + lane * lane_bytes);
}

}  // namespace vsp::VSP_ISA
