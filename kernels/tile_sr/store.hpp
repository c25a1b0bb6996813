// Rows of the last layer become rows of the output: pixel shuffle, and, for a picture, enlargement, sum, limit,
// rounding.
#pragma once

#if defined(__SSE__)
#include <immintrin.h>
#endif

#include "common/phases.hpp"
#include "merge/merge_parts.hpp"
#include "tile_sr/bytes.hpp"
#include "tile_sr/tile.hpp"

namespace vsp::VSP_ISA {

// Channel i * scale + j of every pixel goes to column j: one of the `scale` rows, i, that a row of pixels becomes.
template <int scale>
static void shuffle_fixed(const float* __restrict in, int i, int count, float* __restrict out) {
  for (int x = 0; x < count; ++x)
    for (int j = 0; j < scale; ++j) out[x * scale + j] = in[x * kLanes + i * scale + j];
}

static inline void shuffle_row(const float* in, int scale, int i, int count, float* out) {
  switch (scale) {
    case 1:
      return shuffle_fixed<1>(in, i, count, out);
    case 2:
      return shuffle_fixed<2>(in, i, count, out);
    case 3:
      return shuffle_fixed<3>(in, i, count, out);
    default:
      return shuffle_fixed<4>(in, i, count, out);
  }
}

using StoreColumns = float[kStoreColumns];

// Row i of those that row y becomes by Catmull-Rom, not yet enlarged across: columns [first, first + count) and
// kEnlargeReach on both sides. Outside the frame the input is mirrored, as resize does.
static void enlarge_down(const Tile& tile, int y, int i, int first, int count, float* around) {
  const int width = tile.job.in.width, height = tile.job.in.height;
  const int left = first - kEnlargeReach, right = first + count + kEnlargeReach;
  const int a = left > 0 ? left : 0, b = right < width ? right : width;
  const Phase& down = tile.phases[i];
  const auto row = [&](int k) {
    return reinterpret_cast<const float*>(tile.input_row(mirrored(y + down.first + k, height))) + tile.place(a);
  };
  sum_four(row(0), row(1), row(2), row(3), down.w, b - a, around + (a - left));
  for (int x = left; x < a; ++x) around[x - left] = around[mirrored(x, width) - left];
  for (int x = b; x < right; ++x) around[x - left] = around[mirrored(x, width) - left];
}

// Those of a row's pixels that are the j-th of `scale` in a picture: `in` is enlarged across, put through the line
// unless that changes nothing, the residual added, and the sum limited if it is to be.
template <bool kLine, bool kLimit>
static void finish_pixels(const float* __restrict in, const Phase& across, const TilePicture& picture,
                          const float* __restrict residual, const float* __restrict low, const float* __restrict high,
                          int count, float* __restrict out) {
  const float w0 = across.w[0], w1 = across.w[1], w2 = across.w[2], w3 = across.w[3];
  const Line line = picture.nominal_to_out;
  const float gain = picture.gain;
  for (int x = 0; x < count; ++x) {
    float value = w0 * in[x] + w1 * in[x + 1] + w2 * in[x + 2] + w3 * in[x + 3];
    if (kLine) value = value * line.gain + line.bias;
    value = add_residual(value, residual[x], gain);
    out[x] = kLimit ? limit(value, low[x], high[x]) : value;
  }
}

// Columns [x, x + count) of what the last layer made for row y as pixels, or as planes: one per channel.
struct Made {
  const float* pixels;
  const StoreColumns* planes;
};

// The first four channels from `pixels` on, of `count` pixels (a multiple of four), to a row each.
#if defined(__SSE__)
static inline void take_four(const float* pixels, int count, StoreColumns* out) {
  for (int x = 0; x < count; x += 4, pixels += 4 * kLanes) {
    __m128 a = _mm_loadu_ps(pixels), b = _mm_loadu_ps(pixels + kLanes), c = _mm_loadu_ps(pixels + 2 * kLanes),
           d = _mm_loadu_ps(pixels + 3 * kLanes);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(out[0] + x, a);
    _mm_storeu_ps(out[1] + x, b);
    _mm_storeu_ps(out[2] + x, c);
    _mm_storeu_ps(out[3] + x, d);
  }
}
#else
static inline void take_four(const float* pixels, int count, StoreColumns* out) {
  for (int j = 0; j < 4; ++j)
    for (int x = 0; x < count; ++x) out[j][x] = pixels[x * kLanes + j];
}
#endif

// One of the rows that a row of pixels becomes: channel i * scale + j of every pixel to out[j].
static inline void take_channels(const Made& made, int scale, int i, int count, StoreColumns* out) {
  // Rows end in pixels of slack, which may be read.
  if (scale == 4) return take_four(made.pixels + i * scale, (count + 3) / 4 * 4, out);
  for (int j = 0; j < scale; ++j)
    for (int x = 0; x < count; ++x) out[j][x] = made.pixels[x * kLanes + i * scale + j];
}

#if defined(__AVX512BW__)

// to_code of sixteen values, in a byte each when the others are packed with them.
static inline __m512i codes_of_values(const float* values) {
  const __m512 floored = _mm512_max_ps(_mm512_loadu_ps(values), _mm512_setzero_ps());  // of NaN and zero: zero
  const __m512 limited = _mm512_min_ps(floored, _mm512_set1_ps(255.0f));
  return _mm512_cvttps_epi32(_mm512_add_ps(limited, _mm512_set1_ps(0.5f)));
}

// Four times as large, 8 bits: four vectors become 64 pixels in a row.
static inline void store_bytes(const StoreColumns* values, int count, uint8_t* out) {
  for (int x = 0; x < count; x += kLanes, out += 4 * kLanes) {
    const __m512i a = _mm512_packs_epi32(codes_of_values(values[0] + x), codes_of_values(values[1] + x));
    const __m512i b = _mm512_packs_epi32(codes_of_values(values[2] + x), codes_of_values(values[3] + x));
    const __m512i bytes = bytes_in_turn(a, b);
    if (x + kLanes <= count) {
      _mm512_storeu_si512(out, bytes);
    } else {
      _mm512_mask_storeu_epi8(out, (__mmask64{1} << 4 * (count - x)) - 1, bytes);
    }
  }
}

#endif

// A row of the output, values[j] being the j-th of `scale` pixels.
static inline void store_interleaved(const OutPlane& plane, int y, int x, int scale, const StoreColumns* values,
                                     int count) {
#if defined(__AVX512BW__)
  if (scale == 4 && plane.sample == Sample::u8)
    return store_bytes(values, count, row_at<uint8_t>(plane, y) + x * scale);
#endif
  float wide[kMostScale * kStoreColumns];
  join(values[0], scale, count, kStoreColumns, wide);
  store_row(plane, y, x * scale, count * scale, wide);
}

// kStoreColumns pixels at a time, so that everything here stays in the first-level cache.
template <bool kLine, bool kLimit>
static void store_picture_fixed(const Tile& tile, int y, int first, int count, const Made& made) {
  const TileJob& job = tile.job;
  const TilePicture& picture = *job.picture;
  const int scale = job.scale;
  float scratch[5 * (kStoreColumns + 2)], low[kStoreColumns], high[kStoreColumns];
  float around[kMostScale][kStoreColumns + 2 * kEnlargeReach], values[kMostScale][kStoreColumns],
      taken[kMostScale][kStoreColumns];
  if (kLimit) local_extremes(job.in, picture.in_to_out, picture.overshoot, y, first, first + count, scratch, low, high);
  // All before the first is read: what was just written cannot be read at another alignment before it is in the cache.
  for (int i = 0; i < scale; ++i) enlarge_down(tile, y, i, first, count, around[i]);
  for (int i = 0; i < scale; ++i) {
    const StoreColumns* residual = made.planes != nullptr ? made.planes + i * scale : taken;
    if (made.planes == nullptr) take_channels(made, scale, i, count, taken);
    for (int j = 0; j < scale; ++j) {
      const Phase& across = tile.phases[j];
      finish_pixels<kLine, kLimit>(around[i] + kEnlargeReach + across.first, across, picture, residual[j], low, high,
                                   count, values[j]);
    }
    store_interleaved(job.out, y * scale + i, first, scale, values, count);
  }
}

static void store_picture(const Tile& tile, int y, int first, int count, const Made& made) {
  const TilePicture& picture = *tile.job.picture;
  const bool line = picture.nominal_to_out.gain != 1.0f || picture.nominal_to_out.bias != 0.0f;
  const bool limits = picture.overshoot >= 0.0f;
  if (line && limits) return store_picture_fixed<true, true>(tile, y, first, count, made);
  if (line) return store_picture_fixed<true, false>(tile, y, first, count, made);
  if (limits) return store_picture_fixed<false, true>(tile, y, first, count, made);
  store_picture_fixed<false, false>(tile, y, first, count, made);
}

static inline void store_planes(const Tile& tile, int y, int x, int count, const StoreColumns* planes) {
  const TileJob& job = tile.job;
  if (job.picture != nullptr) return store_picture(tile, y, x, count, {nullptr, planes});
  for (int i = 0; i < job.scale; ++i)
    join(planes[i * job.scale], job.scale, count, kStoreColumns,
         row_at<float>(job.out, y * job.scale + i) + x * job.scale);
}

static inline void store_result(const Tile& tile, int y, const char* made) {
  const TileJob& job = tile.job;
  const auto* result = reinterpret_cast<const float*>(made + tile.place(tile.left) * kPixelBytes);
  for (int x = tile.left; x < tile.right; x += kStoreColumns, result += kStoreColumns * kLanes) {
    const int count = tile.right - x < kStoreColumns ? tile.right - x : kStoreColumns;
    if (job.picture != nullptr) {
      store_picture(tile, y, x, count, {result, nullptr});
      continue;
    }
    for (int i = 0; i < job.scale; ++i)
      shuffle_row(result, job.scale, i, count, row_at<float>(job.out, y * job.scale + i) + x * job.scale);
  }
}

}  // namespace vsp::VSP_ISA
