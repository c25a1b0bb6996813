// The samples at a chunk's positions: what every kernel that warps shares. Included by the per-instruction-set sources
// only. The scalar build calls the definition in warp.hpp for every pixel; the others do the same sums in the same
// order, so that their output is the same to the last bit.
#pragma once

#include "warp/positions.hpp"
#include "warp/vector.hpp"

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

// The N x N neighbourhood of a position near a border, copied with clamped indices; each row to its own place.
template <int N, class T, class... Rows>
inline void copy_clamped(const Plane& in, int left, int top, Rows*... rows) {
  int j = 0;
  const auto copy = [&](T* out) {
    const T* row = row_at<const T>(in, clamp_index(top + j++, in.height));
    for (int i = 0; i < N; ++i) out[i] = row[clamp_index(left + i, in.width)];
  };
  (copy(rows), ...);
}

template <int N>
inline bool inside(const Plane& in, int left, int top) {
  return left >= 0 && top >= 0 && left <= in.width - N && top <= in.height - N;
}

// Real motion is smooth: the samples that a vector of neighbours needs lie in a window two vectors wide and, but for
// the kernel's own height, kSpread rows high. They are then read as rows and sorted in registers.
constexpr int kSpread = 3;

struct Near {
  int left, top;     // of the window
  int spread;        // rows in which the first taps lie: 1 to kSpread
  Ints column, row;  // of each pixel's first tap, in the window
};

template <class Kernel>
inline bool find_window(const Plane& in, const Chunk& chunk, int first, Near& near) {
  constexpr int kRows = kSpread + Kernel::kTaps - 1;
  if (in.width < 2 * kLanes || in.height < kRows) return false;
  const auto within = [](int at, int last) { return at < 0 ? 0 : (at < last ? at : last); };
  near.left = within(chunk.ix[first] - Kernel::kBefore - kLanes / 2 + 1, in.width - 2 * kLanes);
  near.top = within(chunk.iy[first] - Kernel::kBefore - 1, in.height - kRows);
  near.column = add(load_ints(chunk.ix + first), -Kernel::kBefore - near.left);
  near.row = add(load_ints(chunk.iy + first), -Kernel::kBefore - near.top);
  if (!all_below(near.column, 2 * kLanes - Kernel::kTaps + 1) || !all_below(near.row, kSpread)) return false;
  // Rows above and below that no pixel starts in are left out.
  const bool used[kSpread] = {any(equal(near.row, 0)), any(equal(near.row, 1)), any(equal(near.row, 2))};
  const int lowest = used[0] ? 0 : (used[1] ? 1 : 2), highest = used[2] ? 2 : (used[1] ? 1 : 0);
  near.spread = highest - lowest + 1;
  near.top += lowest;
  near.row = add(near.row, -lowest);
  return true;
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
        copy_clamped<4, T>(in, left, top, border, border + 4, border + 8, border + 12);
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
  static Floats near(const Plane& in, const Near& near, Floats fx, Floats fy) {
    Floats v[4], h[4], column[4] = {};
    catmull_rom_weights(fx, h[0], h[1], h[2], h[3]);
    catmull_rom_weights(fy, v[0], v[1], v[2], v[3]);
    for (int r = 0; r < 4 + near.spread - 1; ++r) {
      const Window window = window_at(row_at<const T>(in, near.top + r) + near.left);
      if (near.spread == 1)
        for (int k = 0; k < 4; ++k) {
          const Floats product = v[r] * pick(window, add(near.column, k));
          column[k] = r == 0 ? product : column[k] + product;
        }
      else
        add_row(window, near, r, v, column);
    }
    return h[0] * column[0] + h[1] * column[1] + h[2] * column[2] + h[3] * column[3];
  }

  // Row r of the window is tap r - near.row of each pixel; what is none of its taps must not even be multiplied by 0.
  static inline void add_row(const Window& window, const Near& near, int r, const Floats* v, Floats* column) {
    const Mask is[4] = {equal(near.row, r), equal(near.row, r - 1), equal(near.row, r - 2), equal(near.row, r - 3)};
    const Floats weight = select(is[0], v[0], select(is[1], v[1], select(is[2], v[2], v[3])));
    for (int k = 0; k < 4; ++k) {
      const Floats product = weight * pick(window, add(near.column, k)), sum = column[k] + product;
      const Floats next = select(is[1], sum, select(is[2], sum, select(is[3], sum, column[k])));
      column[k] = select(is[0], product, next);
    }
  }
};

struct Bilinear {
  static constexpr int kTaps = 2, kBefore = 0;

  template <class T>
  static void apart(const Plane& in, int first, int end, const Chunk& chunk, float* out) {
    for (; first + kLanes <= end; first += kLanes) {
      alignas(64) T upper[2 * kLanes], lower[2 * kLanes];  // pairs of neighbours
      const bool inner =
          all_below(load_ints(chunk.ix + first), in.width - 1) && all_below(load_ints(chunk.iy + first), in.height - 1);
      for (int i = 0; i < kLanes; ++i) {
        const int x = chunk.ix[first + i], y = chunk.iy[first + i];
        if (inner) {
          std::memcpy(upper + 2 * i, row_at<const T>(in, y) + x, 2 * sizeof(T));
          std::memcpy(lower + 2 * i, row_at<const T>(in, y + 1) + x, 2 * sizeof(T));
        } else {
          copy_clamped<2, T>(in, x, y, upper + 2 * i, lower + 2 * i);
        }
      }
      const Ints even = add(lane_numbers(), lane_numbers()), odd = add(even, 1);
      const Window above = window_at(upper), below = window_at(lower);
      store_floats(out + first, blend_bilinear(pick(above, even), pick(above, odd), pick(below, even), pick(below, odd),
                                               load_floats(chunk.fx + first), load_floats(chunk.fy + first)));
    }
    const auto fetch = [&](int x, int y) { return to_float(row_at<const T>(in, y)[x]); };
    for (int i = first; i < end; ++i)
      out[i] = sample_bilinear(fetch, in.width, in.height, chunk.ix[i], chunk.iy[i], chunk.fx[i], chunk.fy[i]);
  }

  template <class T>
  static Floats near(const Plane& in, const Near& near, Floats fx, Floats fy) {
    Floats a[4], b[4];
    const Ints next = add(near.column, 1);
    for (int r = 0; r < 2 + near.spread - 1; ++r) {
      const Window window = window_at(row_at<const T>(in, near.top + r) + near.left);
      a[r] = pick(window, near.column);
      b[r] = pick(window, next);
    }
    if (near.spread == 1) return blend_bilinear(a[0], b[0], a[1], b[1], fx, fy);
    const Mask first = equal(near.row, 0), second = equal(near.row, 1);
    const auto row = [&](const Floats* at) {
      return select(first, at[0], near.spread == 2 ? at[1] : select(second, at[1], at[2]));
    };
    return blend_bilinear(row(a), row(b), row(a + 1), row(b + 1), fx, fy);
  }
};

template <class Kernel, class T>
void sample_chunk_by(const Plane& in, int count, const Chunk& chunk, float* out) {
  const int lowest = chunk.iy[0] - Kernel::kBefore + Kernel::kTaps - 1;  // the row that was not read before
  prefetch(row_at<const T>(in, clamp_index(lowest, in.height)), clamp_index(chunk.ix[0], in.width), count);
  int apart = 0;  // pixels from here on wait
  for (int first = 0; first + kLanes <= count; first += kLanes) {
    Near near;
    if (!find_window<Kernel>(in, chunk, first, near)) continue;
    if (apart < first) Kernel::template apart<T>(in, apart, first, chunk, out);
    apart = first + kLanes;
    const Floats fx = load_floats(chunk.fx + first), fy = load_floats(chunk.fy + first);
    store_floats(out + first, Kernel::template near<T>(in, near, fx, fy));
  }
  if (apart < count) Kernel::template apart<T>(in, apart, count, chunk, out);
}

template <class T>
void sample_chunk(const Plane& in, bool bilinear, int count, const Chunk& chunk, float* out) {
  bilinear ? sample_chunk_by<Bilinear, T>(in, count, chunk, out)
           : sample_chunk_by<CatmullRom, T>(in, count, chunk, out);
}

#endif

}  // namespace
}  // namespace vsp::VSP_ISA
