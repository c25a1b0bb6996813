// Catmull-Rom interpolation of vectors of pixels: the same sums in the same order as in warp.hpp. Included by
// sample_chunk.hpp in the builds that have vectors.
#pragma once

#include "warp/places.hpp"

namespace vsp::VSP_ISA {
namespace {

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

// The 4 x 4 samples from (left, top) on, near an edge: copied with clamped indices.
template <class T>
inline void copy_clamped(const Plane& in, int left, int top, T (&out)[16]) {
  for (int j = 0; j < 4; ++j) {
    const T* row = row_at<const T>(in, clamp_index(top + j, in.height));
    for (int i = 0; i < 4; ++i) out[4 * j + i] = row[clamp_index(left + i, in.width)];
  }
}

// Neighbourhoods of 4 x 4 (Catmull-Rom): its samples start one before the position, on both axes.
struct CatmullRom {
  static constexpr int kTaps = 4, kBefore = 1, kSpread = 3;
  static constexpr bool kByWindows = true;

  struct Weights {
    Floats h[4], v[4];
  };
  static VSP_PART Weights weights(Floats fx, Floats fy) {
    Weights of;
    catmull_rom_weights(fx, of.h[0], of.h[1], of.h[2], of.h[3]);
    catmull_rom_weights(fy, of.v[0], of.v[1], of.v[2], of.v[3]);
    return of;
  }

  template <class T>
  static VSP_PART Floats straight(const Plane& in, int x, int y, const Weights& of) {
    Floats column[4];
    for (int r = 0; r < 4; ++r) {
      const T* row = row_at<const T>(in, y + r) + x;
      for (int k = 0; k < 4; ++k) {
        const Floats product = of.v[r] * load_lanes(row + k);
        column[k] = r == 0 ? product : column[k] + product;
      }
    }
    return across(column, of);
  }

  template <class T>
  static VSP_PART Floats near(const Plane& in, const Together& at, const Weights& of) {
    const int spread = any(equal(at.row, 2)) ? 3 : (any(equal(at.row, 1)) ? 2 : 1);
    return spread == 1 ? of_rows<1, T>(in, at, of)
                       : (spread == 2 ? of_rows<2, T>(in, at, of) : of_rows<3, T>(in, at, of));
  }

  // Row r of the window is tap r - at.row of each pixel. What is none of its taps must not even be multiplied by 0.
  template <int kRows, class T>
  static VSP_PART Floats of_rows(const Plane& in, const Together& at, const Weights& of) {
    const Mask second = equal(at.row, 1), third = equal(at.row, 2);
    const auto tap = [](int r) { return r < 0 ? 0 : (r > 3 ? 3 : r); };
    Floats column[4];
    for (int r = 0; r < 4 + kRows - 1; ++r) {
      Floats weight = of.v[tap(r)];
      if (kRows > 1) weight = select(second, of.v[tap(r - 1)], weight);
      if (kRows > 2) weight = select(third, of.v[tap(r - 2)], weight);
      const Mask started = below(at.row, r), ended = below(at.row, r - 3);
      const Window window = window_at(row_at<const T>(in, at.y + r) + at.x);
      for (int k = 0; k < 4; ++k) {
        const Floats product = weight * pick(window, add(at.column, k));
        if (r == 0) {
          column[k] = product;
          continue;
        }
        const Floats sum = column[k] + product;
        if (kRows == 1)
          column[k] = sum;
        else if (r < kRows)
          column[k] = select(started, sum, product);
        else
          column[k] = r < 4 ? sum : select(ended, column[k], sum);
      }
    }
    return across(column, of);
  }

  static VSP_PART Floats across(const Floats* column, const Weights& of) {
    return of.h[0] * column[0] + of.h[1] * column[1] + of.h[2] * column[2] + of.h[3] * column[3];
  }

  // Calls `use` with the first pixel and the samples of each vector. Four taps of a row lie side by side, so plain
  // loads beat gathers: each pixel's four columns are summed vertically in one vector, and the horizontal sums of all
  // follow.
  template <class T, class Use>
  static VSP_OUTSIDE void apart(const Plane& plane, const Apart& at, Use use) {
    const Plane in = plane;
    const int pixels = at.vectors * kLanes;
    alignas(64) float v[4][kChunk], columns[4 * kChunk];
    for (int i = 0; i < pixels; i += kLanes) {
      const Weights of = weights(load_lanes(at.fx + i), load_lanes(at.fy + i));
      for (int r = 0; r < 4; ++r) store_floats(v[r] + i, of.v[r]);
    }
    for (int i = 0; i < pixels; i += kLanes) {
      const Ints left = add(load_ints(at.ix + i), -1), top = add(load_ints(at.iy + i), -1);
      all_inside<4>(in, left, top) ? sum_down<true, T>(in, at, i, v, columns + 4 * i)
                                   : sum_down<false, T>(in, at, i, v, columns + 4 * i);
    }
    for (int i = 0; i < pixels; i += kLanes) {
      const float* four = columns + 4 * i;
      Floats column[4];
      for (int r = 0; r < 4; ++r) column[r] = load_lanes(four + r * kLanes);
      transpose4(column);
      use(at.first[i / kLanes], across(column, weights(load_lanes(at.fx + i), load_lanes(at.fy + i))));
    }
  }

  // The vertical sums of the four columns of each pixel, where transpose4() wants them: every fourth pixel in a vector.
  template <bool kInside, class T>
  static VSP_PART void sum_down(const Plane& in, const Apart& at, int first, const float (*v)[kChunk], float* out) {
    for (int i = 0; i < kLanes; ++i) {
      const int j = first + i, left = at.ix[j] - 1, top = at.iy[j] - 1;
      T border[16];
      const T* p = border;
      ptrdiff_t stride = 4 * sizeof(T);
      if (kInside || holds(in, left, top, 4, 4)) {
        p = row_at<const T>(in, top) + left;
        stride = in.stride;
      } else {
        copy_clamped(in, left, top, border);
      }
      const auto row = [&](int r) VSP_INLINED {
        return load4(reinterpret_cast<const T*>(reinterpret_cast<const char*>(p) + r * stride));
      };
      __m128 sum = _mm_mul_ps(_mm_set1_ps(v[0][j]), row(0));
      for (int r = 1; r < 4; ++r) sum = _mm_add_ps(sum, _mm_mul_ps(_mm_set1_ps(v[r][j]), row(r)));
      _mm_store_ps(out + i % 4 * kLanes + i / 4 * 4, sum);
    }
  }
};

}  // namespace
}  // namespace vsp::VSP_ISA
