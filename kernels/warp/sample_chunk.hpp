// The samples at a chunk's positions: what every kernel that warps shares. Included by the per-instruction-set sources
// only. The scalar build calls the definition in warp.hpp for every pixel; the others do the same sums in the same
// order, so that their output is the same to the last bit.
#pragma once

#include "warp/positions.hpp"
#if defined(__AVX2__)
#include "warp/pairs.hpp"
#include "warp/places.hpp"
#endif

namespace vsp::VSP_ISA {
namespace {

#if !defined(__AVX2__)

struct Bilinear {
  template <class Fetch>
  static float sample(Fetch fetch, int width, int height, int ix, int iy, float fx, float fy) {
    return sample_bilinear(fetch, width, height, ix, iy, fx, fy);
  }
};

struct CatmullRom {
  template <class Fetch>
  static float sample(Fetch fetch, int width, int height, int ix, int iy, float fx, float fy) {
    return sample_catmull_rom(fetch, width, height, ix, iy, fx, fy);
  }
};

template <class Kernel, class T, class Use>
void with_samples(const Plane&, const Chunk& chunk, int i, Use use) {
  float fx, fy;
  int ix, iy;
  split(chunk.dx[i], chunk.scale_x, (chunk.x + i) * chunk.step, fx, ix);
  split(chunk.dy[i], chunk.scale_y, chunk.y * chunk.step, fy, iy);
  use([&](const Plane& in) {
    const auto fetch = [&](int x, int y) { return to_float(row_at<const T>(in, y)[x]); };
    return Kernel::sample(fetch, in.width, in.height, ix, iy, fx, fy);
  });
}

template <class Kernel, class T>
void prefetch_lowest(const Plane&, const Chunk&) {}

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

// Neighbourhoods of 4 x 4 (Catmull-Rom): its samples start one before the position, on both axes.
struct CatmullRom {
  static constexpr int kTaps = 4, kBefore = 1, kSpread = 3;
  static constexpr bool kByWindows = true;
  template <class T>
  static constexpr bool straight_pays() {
    return true;
  }

  struct Weights {
    Floats h[4], v[4];
  };
  static VSP_PART Weights weights(Floats fx, Floats fy) {
    Weights of;
    catmull_rom_weights(fx, of.h[0], of.h[1], of.h[2], of.h[3]);
    catmull_rom_weights(fy, of.v[0], of.v[1], of.v[2], of.v[3]);
    return of;
  }

  // Four taps of a row lie side by side, so plain loads beat gathers: each pixel's four columns are summed vertically
  // in one vector, and the horizontal sums of all follow.
  template <class T>
  static VSP_PART Floats apart(const Plane& in, const Position& position) {
    const Apart at(position);
    alignas(64) float v[4][kLanes];
    alignas(64) float columns[kLanes][4];
    for (int i = 0; i < kLanes; ++i) catmull_rom_weights(at.fy[i], v[0][i], v[1][i], v[2][i], v[3][i]);
    for (int i = 0; i < kLanes; ++i) {
      const int left = at.ix[i] - 1, top = at.iy[i] - 1;
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
      __m128 sum = _mm_mul_ps(_mm_broadcast_ss(&v[0][i]), row(0));
      sum = _mm_add_ps(sum, _mm_mul_ps(_mm_broadcast_ss(&v[1][i]), row(1)));
      sum = _mm_add_ps(sum, _mm_mul_ps(_mm_broadcast_ss(&v[2][i]), row(2)));
      sum = _mm_add_ps(sum, _mm_mul_ps(_mm_broadcast_ss(&v[3][i]), row(3)));
      _mm_store_ps(columns[i], sum);
    }
    alignas(64) float out[kLanes];
    for (int i = 0; i < kLanes; ++i) {
      float h0, h1, h2, h3;
      catmull_rom_weights(at.fx[i], h0, h1, h2, h3);
      out[i] = h0 * columns[i][0] + h1 * columns[i][1] + h2 * columns[i][2] + h3 * columns[i][3];
    }
    return load_lanes(out);
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
    return of.h[0] * column[0] + of.h[1] * column[1] + of.h[2] * column[2] + of.h[3] * column[3];
  }

  template <class T>
  static VSP_PART Floats near(const Plane& in, const Near& near, const Weights& of) {
    const Floats *h = of.h, *v = of.v;
    Floats column[4] = {};
    const int spread = any(equal(near.row, 2)) ? 3 : (any(equal(near.row, 1)) ? 2 : 1);
    for (int r = 0; r < 4 + spread - 1; ++r) {
      const Window window = window_at(row_at<const T>(in, near.top + r) + near.left);
      if (spread == 1)
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
  static VSP_PART void add_row(const Window& window, const Near& near, int r, const Floats* v, Floats* column) {
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
  static constexpr int kTaps = 2, kBefore = 0, kSpread = 2;
  static constexpr bool kByWindows =
      kLanes == 16;  // AVX2 sorts a window by four permutes a row: reading pairs is faster
  // AVX-512 sorts floats by six permutes in all, and guessing wrong which vectors lie straight costs as much.
  template <class T>
  static constexpr bool straight_pays() {
    return !kByWindows || sizeof(T) < sizeof(float);
  }

  struct Weights {
    Floats fx, fy;
  };
  static VSP_PART Weights weights(Floats fx, Floats fy) { return {fx, fy}; }

  template <class T>
  static VSP_PART Floats apart(const Plane& in, const Position& position) {
    const auto stride = static_cast<int>(in.stride);
    const bool inner = all_below(position.ix, in.width - 1) & all_below(position.iy, in.height - 1);
    if (!inner || stride != in.stride) {
      alignas(64) float out[kLanes];
      const Position there = position;  // a copy, or the address keeps all positions in memory
      at_border<T>(in, there, out);
      return load_lanes(out);
    }
    alignas(64) ptrdiff_t offset[kLanes];
    store_offsets(offset, position.iy, stride, position.ix, sizeof(T));
    asm("" : "+m"(offset));  // or GCC takes them out of the vector one by one, which is slower
    const char *row = static_cast<const char*>(in.data), *next = row + stride;
    const Pairs above = pairs_at([&](int i) { return reinterpret_cast<const T*>(row + offset[i]); });
    const Pairs below = pairs_at([&](int i) { return reinterpret_cast<const T*>(next + offset[i]); });
    return blend_bilinear(above.left, above.right, below.left, below.right, position.fx, position.fy);
  }

  template <class T>
  static __attribute__((noinline)) void at_border(const Plane& in, const Position& position, float* out) {
    const Apart at(position);
    const auto fetch = [&](int x, int y) { return to_float(row_at<const T>(in, y)[x]); };
    for (int i = 0; i < kLanes; ++i)
      out[i] = sample_bilinear(fetch, in.width, in.height, at.ix[i], at.iy[i], at.fx[i], at.fy[i]);
  }

  template <class T>
  static VSP_PART Floats straight(const Plane& in, int x, int y, const Weights& of) {
    const T *row = row_at<const T>(in, y) + x, *next = row_at<const T>(in, y + 1) + x;
    return blend_bilinear(load_lanes(row), load_lanes(row + 1), load_lanes(next), load_lanes(next + 1), of.fx, of.fy);
  }

  // Three rows of the window hold what every pixel needs: two of them, from the first or from the second on.
  template <class T>
  static VSP_PART Floats near(const Plane& in, const Near& near, const Weights& of) {
    const Mask second = equal(near.row, 1);
    const auto row = [&](int r) { return row_at<const T>(in, near.top + r) + near.left; };
#if defined(__AVX512F__)
    if constexpr (sizeof(T) < sizeof(float)) {
      const Ints columns = pair_columns(near.column);
      const auto both = [&](int r) { return pick_pairs(window_words(row(r)), columns); };
      const Ints upper = both(0), middle = both(1), lower = both(2);
      const Pairs above = pairs_of(select(second, middle, upper), 16, row(0));
      const Pairs below = pairs_of(select(second, lower, middle), 16, row(0));
      return blend_bilinear(above.left, above.right, below.left, below.right, of.fx, of.fy);
    }
#endif
    Floats a[3], b[3];
    const Ints next = add(near.column, 1);
    for (int r = 0; r < 3; ++r) {
      const Window window = window_at(row(r));
      a[r] = pick(window, near.column);
      b[r] = pick(window, next);
    }
    return blend_bilinear(select(second, a[1], a[0]), select(second, b[1], b[0]), select(second, a[2], a[1]),
                          select(second, b[2], b[1]), of.fx, of.fy);
  }
};

// Calls `use` with what reads a vector of pixels, from `first` of the chunk on, out of any plane that moves as `in`
// does. Each way to read calls it apart, so that what it needs stays in registers. (Vectors put into memory for a
// common call took a quarter more time in float planes.)
template <class Kernel, class T, class Use>
VSP_PART void with_samples(const Plane& in, const Chunk& chunk, int first, Use use) {
  const Moved moved = moved_by(chunk, first);
  const auto weights = Kernel::weights(moved.fx, moved.fy);
  int x = 0, y = 0;
  if (Kernel::template straight_pays<T>() && find_straight<Kernel>(in, chunk, first, moved, x, y))
    return use([&](const Plane& plane) VSP_INLINED { return Kernel::template straight<T>(plane, x, y, weights); });
  const Position at = position_of(chunk, first, moved);
  if constexpr (Kernel::kByWindows) {
    Near near;
    if (find_window<Kernel>(in, at, near))
      return use([&](const Plane& plane) VSP_INLINED { return Kernel::template near<T>(plane, near, weights); });
  }
  use([&](const Plane& plane) VSP_INLINED { return Kernel::template apart<T>(plane, at); });
}

// Asks for what the chunk reads further on. The rows are made from top to bottom, so only what its lowest pixel reads
// was not read before.
template <class Kernel, class T>
inline void prefetch_lowest(const Plane& in, const Chunk& chunk) {
  Floats farthest = all_lanes(-kFarthest);
  for (int first = 0; first + kLanes <= chunk.count; first += kLanes)
    farthest = highest(load_lanes(chunk.dy + first), farthest);
  const float down = safe_displacement(highest_of(farthest)) * chunk.scale_y;
  const int y = chunk.y * chunk.step + static_cast<int>(down) + Kernel::kTaps - Kernel::kBefore;
  const int x = chunk.x * chunk.step + static_cast<int>(safe_displacement(chunk.dx[0]) * chunk.scale_x);
  prefetch(row_at<const T>(in, clamp_index(y, in.height)), clamp_index(x, in.width), chunk.count * chunk.step);
}

#endif

template <class Kernel, class T>
void sample_chunk_by(const Plane& in, const Chunk& chunk, float* out) {
  prefetch_lowest<Kernel, T>(in, chunk);
  for (int first = 0; first < chunk.count; first += kLanes) {
    with_samples<Kernel, T>(in, chunk, first, [&](auto sample) VSP_INLINED { store_floats(out + first, sample(in)); });
  }
}

template <class T>
void sample_chunk(const Plane& in, bool bilinear, const Chunk& chunk, float* out) {
  bilinear ? sample_chunk_by<Bilinear, T>(in, chunk, out) : sample_chunk_by<CatmullRom, T>(in, chunk, out);
}

}  // namespace
}  // namespace vsp::VSP_ISA
