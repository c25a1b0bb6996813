// AVX-512 VNNI: layers of INT8 networks. A vector is sixteen pixels of a plane, four codes each; one instruction
// multiplies them by four weights of a channel out and adds the products up, exactly. So the sums of one channel lie
// side by side: four vectors of them make one of codes, and those of the last layer are pixels of the output in a row.
#pragma once

#include "tile_sr/bytes.hpp"
#include "tile_sr/conv_few.hpp"

namespace vsp::VSP_ISA {

// kChannels channels out of kVectors times sixteen pixels.
template <int kVectors, int kChannels>
using CodeSums = __m512i[kVectors][kChannels];
template <int kVectors, int kChannels>
using CodeValues = Vec[kVectors][kChannels];

constexpr int kVectorBytes = Vec::width * kStepBytes;
constexpr int kWideCodes = 3;  // vectors; their sums, codes and a weight fill 28 of 32 registers

// As _mm512_dpbusd_epi32, for which GCC 12 copies all sums around.
static inline __attribute__((always_inline)) void add_products(__m512i& sums, __m512i codes, __m512i weights) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(codes), "v"(weights));
}

static inline Vec all_from(const float* p) { return Vec::all(*p); }

static inline Vec activated(const TileLayer& layer, int channel, Vec value) {
  if (layer.activation == Activation::relu) return relu(value);
  return layer.activation == Activation::prelu ? prelu(value, all_from(layer.slope + channel)) : value;
}

// Four channels of sixteen pixels become the four codes of each. Packing limits them to 0..255; what no integer holds,
// or lies below `low` otherwise, is limited before, unless kSmall says that there is no such value.
template <bool kSmall>
static inline __m512i codes_of(const OutCodes& codes, const Vec* four) {
  const auto whole = [&](int k) { return kSmall ? _mm512_cvtps_epi32(four[k].v) : rounded(codes, four[k]); };
  const __m512i zero = _mm512_set1_epi16(static_cast<int16_t>(codes.zero));
  const __m512i a = _mm512_packs_epi32(whole(0), whole(1));
  const __m512i b = _mm512_packs_epi32(whole(2), whole(3));
  return bytes_in_turn(_mm512_add_epi16(a, zero), _mm512_add_epi16(b, zero));
}

// Channels from `channel` on of the pixels from x on.
template <class Out, bool kSmall, int kVectors, int kChannels>
static inline __attribute__((always_inline)) void put_values(const ConvRow& row, int x, int channel,
                                                             const CodeValues<kVectors, kChannels>& values) {
  constexpr bool kCodes = sizeof(Out) == sizeof(Code);
  char* out = row.out + static_cast<size_t>(x) * kStepBytes;
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    if constexpr (kCodes) {
#pragma GCC unroll 4
      for (int c = 0; c < kChannels; c += kStepBytes)
        _mm512_storeu_si512(out + (channel + c) / kStepBytes * row.out_plane + v * kVectorBytes,
                            codes_of<kSmall>(row.layer->codes, values[v] + c));
    } else if (row.layer->planes) {
#pragma GCC unroll 8
      for (int c = 0; c < kChannels; ++c)
        values[v][c].store(reinterpret_cast<float*>(out + (channel + c) * row.out_plane + v * kVectorBytes));
    } else {  // a float layer reads them
      const __m512i pixels = _mm512_mullo_epi32(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                                                _mm512_set1_epi32(kPixelBytes));
      char* first = row.out + (x + v * Vec::width) * static_cast<size_t>(kPixelBytes);
      for (int c = 0; c < kChannels; ++c) {
        const int lane = channel + c;
        _mm512_i32scatter_ps(first + lane_offset<float>(lane, row.block_bytes) + lane % kLanes * sizeof(float), pixels,
                             values[v][c].v, 1);
      }
    }
  }
}

template <class Out, bool kSmall, int kVectors, int kChannels>
static inline __attribute__((always_inline)) const char* codes_block(const ConvRow& row, int x, int channel,
                                                                     const char* weights) {
  const TileLayer& layer = *row.layer;
  CodeSums<kVectors, kChannels> sums;
#pragma GCC unroll 8
  for (int c = 0; c < kChannels; ++c)
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[v][c] = _mm512_set1_epi32(layer.start[channel + c]);
  for (int ky = 0; ky < 3; ++ky) {
    for (int kx = 0; kx < 3; ++kx) {
      const char* in = row.in[ky] + static_cast<size_t>(x + kx) * kStepBytes;
      int left = layer.steps;
      do {
        __m512i codes[kVectors];
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) codes[v] = _mm512_loadu_si512(in + v * kVectorBytes);
#pragma GCC unroll 8
        for (int c = 0; c < kChannels; ++c) {
          int four;
          __builtin_memcpy(&four, weights + c * kStepBytes, sizeof four);
          const __m512i weight = _mm512_set1_epi32(four);
#pragma GCC unroll 4
          for (int v = 0; v < kVectors; ++v) add_products(sums[v][c], codes[v], weight);
        }
        in += row.in_plane;
        weights += kChannels * kStepBytes;
      } while (--left > 0);
    }
  }
  CodeValues<kVectors, kChannels> values;
#pragma GCC unroll 8
  for (int c = 0; c < kChannels; ++c)
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v)
      values[v][c] =
          activated(layer, channel + c, multiply({_mm512_cvtepi32_ps(sums[v][c])}, all_from(layer.gain + channel + c)));
  put_values<Out, kSmall, kVectors, kChannels>(row, x, channel, values);
  return weights;
}

// The functions below are not inlined into each other: what one keeps in registers would push the other's sums out.
#define VSP_APART static __attribute__((noinline))

// All channels out of a block of pixels.
template <class Out, bool kSmall, int kVectors>
VSP_APART void codes_columns(const ConvRow& row, int x) {
  const auto* weights = static_cast<const char*>(row.layer->weights);
  int channel = 0;
  for (; channel + kCodeGroup <= row.layer->channels; channel += kCodeGroup)
    weights = codes_block<Out, kSmall, kVectors, kCodeGroup>(row, x, channel, weights);
  if (channel < row.layer->channels) codes_block<Out, kSmall, kVectors, kCodeGroup / 2>(row, x, channel, weights);
}

// The last block has as many vectors as are left and may run past the end, by less than one of them.
template <class Out, bool kSmall>
static void codes_blocks(const ConvRow& row) {
  static_assert(kWideCodes == 3);
  constexpr int kWide = kWideCodes * Vec::width;
  int x = 0;
  for (; x + 2 * Vec::width < row.count; x += kWide) codes_columns<Out, kSmall, kWideCodes>(row, x);
  if (x + Vec::width < row.count) return codes_columns<Out, kSmall, 2>(row, x);
  if (x < row.count) codes_columns<Out, kSmall, 1>(row, x);
}

// An INT8 layer.
template <class Out>
static void conv_row_codes(const ConvRow& row) {
  sizeof(Out) == sizeof(Code) && row.layer->small ? codes_blocks<Out, true>(row) : codes_blocks<Out, false>(row);
}

// Four channels of the layer that reads the picture. `weights`: of one tap, then `apart` bytes on of the next.
template <int kVectors>
VSP_APART void head_block(const ConvRow& row, int x, int channel, const float* weights, int apart) {
  const TileLayer& layer = *row.layer;
  CodeValues<kVectors, 4> sums;
#pragma GCC unroll 4
  for (int c = 0; c < 4; ++c)
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[v][c] = all_from(layer.bias + channel + c);
#pragma GCC unroll 3
  for (int ky = 0; ky < 3; ++ky) {
#pragma GCC unroll 3
    for (int kx = 0; kx < 3; ++kx) {
      const float* in = reinterpret_cast<const float*>(row.in[ky]) + x + kx;
#pragma GCC unroll 4
      for (int c = 0; c < 4; ++c) {
        const Vec weight = all_from(weights + (3 * ky + kx) * apart + c);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v)
          sums[v][c] = multiply_add(sums[v][c], Vec::load(in + v * Vec::width), weight);
      }
    }
  }
#pragma GCC unroll 4
  for (int c = 0; c < 4; ++c)
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v)
      sums[v][c] = multiply(activated(layer, channel + c, sums[v][c]), Vec::all(layer.codes.gain));
  put_values<Code, false, kVectors, 4>(row, x, channel, sums);
}

// The first layer, float, to codes. Its weights are those of conv_vector.hpp: [32 or 16 channels out][tap][channel
// out].
static void conv_row_head(const ConvRow& row) {
  const TileLayer& layer = *row.layer;
  constexpr int kVectors = 2;
  for (int x = 0; x < row.count;) {
    const bool wide = x + kVectors * Vec::width <= row.count;
    const auto* weights = static_cast<const float*>(layer.weights);
    for (int lane = 0; lane < layer.channels;) {
      const int group = lane + 2 * kLanes <= layer.lanes_out ? 2 * kLanes : kLanes;
      for (int c = 0; c < group && lane + c < layer.channels; c += 4) {
        if (wide)
          head_block<kVectors>(row, x, lane + c, weights + c, group);
        else
          head_block<1>(row, x, lane + c, weights + c, group);
      }
      weights += 9 * group;
      lane += group;
    }
    x += wide ? kVectors * Vec::width : Vec::width;
  }
}

}  // namespace vsp::VSP_ISA
