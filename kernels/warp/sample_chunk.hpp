// The samples at a chunk's positions: what every kernel that warps shares. Included by the per-instruction-set sources
// only. The scalar build calls the definition in warp.hpp for every pixel; the others do the same sums in the same
// order, so that their output is the same to the last bit.
#pragma once

#include "warp/positions.hpp"

namespace vsp::VSP_ISA {
namespace {

#if !defined(__AVX2__)

template <class T>
void sample_chunk(const Plane& in, bool bilinear, int count, const Chunk& chunk, float* out) {
  const auto fetch = [&](int x, int y) { return to_float(row_at<const T>(in, y)[x]); };
  const auto sample = bilinear ? sample_bilinear<decltype(fetch)> : sample_catmull_rom<decltype(fetch)>;
  for (int i = 0; i < count; ++i)
    out[i] = sample(fetch, in.width, in.height, chunk.ix[i], chunk.iy[i], chunk.fx[i], chunk.fy[i]);
}

#else

inline __m128 load4(const uint8_t* p) {
  int four;
  std::memcpy(&four, p, sizeof four);
  return _mm_cvtepi32_ps(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(four)));
}
inline __m128 load4(const uint16_t* p) {
  return _mm_cvtepi32_ps(_mm_cvtepu16_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
}
inline __m128 load4(const Half* p) { return _mm_cvtph_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))); }
inline __m128 load4(const float* p) { return _mm_loadu_ps(p); }

// The 4 x 4 (2 x 2) neighbourhood of a position near a border, copied with clamped indices.
template <int N, class T>
inline void copy_clamped(const Plane& in, int left, int top, T* out) {
  for (int j = 0; j < N; ++j) {
    const T* row = row_at<const T>(in, clamp_index(top + j, in.height));
    for (int i = 0; i < N; ++i) out[N * j + i] = row[clamp_index(left + i, in.width)];
  }
}

// Whether `wide` neighbourhoods of N x N, side by side, lie in the plane.
template <int N>
inline bool inside(const Plane& in, int left, int top, int wide = 1) {
  return left >= 0 && top >= 0 && left <= in.width - N - (wide - 1) && top <= in.height - N;
}

// Real motion is smooth: most groups of neighbours move by the same whole pixels. Their taps are then parts of plain
// rows.
constexpr int kGroup = 16;

inline bool moves_together(const Chunk& chunk, int first) {
  int differs = 0;
  for (int i = first; i < first + kGroup; ++i)
    differs |= ((chunk.ix[i] - i) ^ (chunk.ix[first] - first)) | (chunk.iy[i] ^ chunk.iy[first]);
  return differs == 0;
}

// Neighbourhoods of 4 x 4 (Catmull-Rom): its samples start one before the position, on both axes.
struct CatmullRom {
  static constexpr int kTaps = 4, kBefore = 1;

  // Four taps of a row lie side by side, so plain loads beat gathers: each pixel's four columns are summed vertically
  // in one vector, and the horizontal sums of all follow.
  template <class T>
  static void apart(const Plane& in, int first, int end, const Chunk& chunk, float* out) {
    alignas(64) float v[kChunk][4];
    alignas(64) float columns[kChunk][4];
    for (int i = first; i < end; ++i) catmull_rom_weights(chunk.fy[i], v[i][0], v[i][1], v[i][2], v[i][3]);
    for (int i = first; i < end; ++i) {
      const int left = chunk.ix[i] - 1, top = chunk.iy[i] - 1;
      T border[16];
      const T* p = border;
      ptrdiff_t stride = 4 * sizeof(T);
      if (inside<4>(in, left, top)) {
        p = row_at<const T>(in, top) + left;
        stride = in.stride;
      } else {
        copy_clamped<4>(in, left, top, border);
      }
      const auto row = [&](int j) {
        return load4(reinterpret_cast<const T*>(reinterpret_cast<const char*>(p) + j * stride));
      };
      __m128 sum = _mm_mul_ps(_mm_broadcast_ss(&v[i][0]), row(0));
      sum = _mm_add_ps(sum, _mm_mul_ps(_mm_broadcast_ss(&v[i][1]), row(1)));
      sum = _mm_add_ps(sum, _mm_mul_ps(_mm_broadcast_ss(&v[i][2]), row(2)));
      sum = _mm_add_ps(sum, _mm_mul_ps(_mm_broadcast_ss(&v[i][3]), row(3)));
      _mm_store_ps(columns[i], sum);
    }
    for (int i = first; i < end; ++i) {
      float h0, h1, h2, h3;
      catmull_rom_weights(chunk.fx[i], h0, h1, h2, h3);
      out[i] = h0 * columns[i][0] + h1 * columns[i][1] + h2 * columns[i][2] + h3 * columns[i][3];
    }
  }

  template <class T>
  static void together(const Plane& in, int first, const Chunk& chunk, float* __restrict out) {
    const int left = chunk.ix[first] - 1, top = chunk.iy[first] - 1;
    const T* rows[4];
    for (int j = 0; j < 4; ++j) rows[j] = row_at<const T>(in, top + j) + left;
    const float *fx = chunk.fx + first, *fy = chunk.fy + first;
    alignas(64) float column[4][kGroup];
    for (int k = 0; k < 4; ++k) {
      alignas(64) float r0[kGroup], r1[kGroup], r2[kGroup], r3[kGroup];
      load_samples(rows[0] + k, kGroup, r0);
      load_samples(rows[1] + k, kGroup, r1);
      load_samples(rows[2] + k, kGroup, r2);
      load_samples(rows[3] + k, kGroup, r3);
      for (int i = 0; i < kGroup; ++i) {
        float v0, v1, v2, v3;
        catmull_rom_weights(fy[i], v0, v1, v2, v3);
        column[k][i] = v0 * r0[i] + v1 * r1[i] + v2 * r2[i] + v3 * r3[i];
      }
    }
    for (int i = 0; i < kGroup; ++i) {
      float h0, h1, h2, h3;
      catmull_rom_weights(fx[i], h0, h1, h2, h3);
      out[first + i] = h0 * column[0][i] + h1 * column[1][i] + h2 * column[2][i] + h3 * column[3][i];
    }
  }
};

struct Bilinear {
  static constexpr int kTaps = 2, kBefore = 0;

  template <class T>
  static void apart(const Plane& in, int first, int end, const Chunk& chunk, float* out) {
    T p00[kChunk], p01[kChunk], p10[kChunk], p11[kChunk];
    const int count = end - first;
    for (int i = 0; i < count; ++i) {
      const int left = chunk.ix[first + i], top = chunk.iy[first + i];
      T border[4];
      const T *upper = border, *lower = border + 2;
      if (inside<2>(in, left, top)) {
        upper = row_at<const T>(in, top) + left;
        lower = row_at<const T>(in, top + 1) + left;
      } else {
        copy_clamped<2>(in, left, top, border);
      }
      p00[i] = upper[0], p01[i] = upper[1], p10[i] = lower[0], p11[i] = lower[1];
    }
    blend(p00, p01, p10, p11, first, count, chunk, out);
  }

  template <class T>
  static void together(const Plane& in, int first, const Chunk& chunk, float* out) {
    const int left = chunk.ix[first], top = chunk.iy[first];
    const T *upper = row_at<const T>(in, top) + left, *lower = row_at<const T>(in, top + 1) + left;
    blend(upper, upper + 1, lower, lower + 1, first, kGroup, chunk, out);
  }

  template <class T>
  static inline void blend(const T* p00, const T* p01, const T* p10, const T* p11, int first, int count,
                           const Chunk& chunk, float* __restrict out) {
    alignas(64) float f00[kChunk], f01[kChunk], f10[kChunk], f11[kChunk];
    load_samples(p00, count, f00);
    load_samples(p01, count, f01);
    load_samples(p10, count, f10);
    load_samples(p11, count, f11);
    const float *fx = chunk.fx + first, *fy = chunk.fy + first;
    for (int i = 0; i < count; ++i) out[first + i] = blend_bilinear(f00[i], f01[i], f10[i], f11[i], fx[i], fy[i]);
  }
};

template <class Kernel, class T>
void sample_chunk_by(const Plane& in, int count, const Chunk& chunk, float* out) {
  const auto together = [&](int first) {
    return first + kGroup <= count && moves_together(chunk, first) &&
           inside<Kernel::kTaps>(in, chunk.ix[first] - Kernel::kBefore, chunk.iy[first] - Kernel::kBefore, kGroup);
  };
  for (int first = 0; first < count;) {
    if (together(first)) {
      Kernel::template together<T>(in, first, chunk, out);
      first += kGroup;
      continue;
    }
    int end = first + kGroup;
    while (end < count && !together(end)) end += kGroup;
    end = end < count ? end : count;
    Kernel::template apart<T>(in, first, end, chunk, out);
    first = end;
  }
}

template <class T>
void sample_chunk(const Plane& in, bool bilinear, int count, const Chunk& chunk, float* out) {
  bilinear ? sample_chunk_by<Bilinear, T>(in, count, chunk, out)
           : sample_chunk_by<CatmullRom, T>(in, count, chunk, out);
}

#endif

}  // namespace
}  // namespace vsp::VSP_ISA
