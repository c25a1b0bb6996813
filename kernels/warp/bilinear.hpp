// Bilinear interpolation of vectors of pixels: the same sums in the same order as in warp.hpp. Included by
// sample_chunk.hpp in the builds that have vectors.
#pragma once

#include "warp/pairs.hpp"
#include "warp/places.hpp"

namespace vsp::VSP_ISA {
namespace {

struct Bilinear {
  static constexpr int kTaps = 2, kBefore = 0, kSpread = 2;
  // AVX2 sorts a window by four permutes a row: reading pairs is faster.
  static constexpr bool kByWindows = kLanes == 16;

  struct Weights {
    Floats fx, fy;
  };
  static VSP_PART Weights weights(Floats fx, Floats fy) { return {fx, fy}; }

  static VSP_PART Floats blend(const Pairs& above, const Pairs& below, const Weights& of) {
    return blend_bilinear(above.left, above.right, below.left, below.right, of.fx, of.fy);
  }

  template <class T>
  static VSP_PART Floats straight(const Plane& in, int x, int y, const Weights& of) {
    const T *row = row_at<const T>(in, y) + x, *next = row_at<const T>(in, y + 1) + x;
    return blend({load_lanes(row), load_lanes(row + 1)}, {load_lanes(next), load_lanes(next + 1)}, of);
  }

  // Three rows of the window hold what every pixel needs: two of them, from the first or from the second on.
  template <class T>
  static VSP_PART Floats near(const Plane& in, const Together& at, const Weights& of) {
    const Mask second = equal(at.row, 1);
    const auto row = [&](int r) VSP_INLINED { return row_at<const T>(in, at.y + r) + at.x; };
#if defined(__AVX512F__)
    if constexpr (sizeof(T) < sizeof(float)) {
      const Ints columns = pair_columns(at.column);
      const auto both = [&](int r) VSP_INLINED { return pick_pairs(window_words(row(r)), columns); };
      const Ints upper = both(0), middle = both(1), lower = both(2);
      return blend(pairs_of(select(second, middle, upper), 16, row(0)),
                   pairs_of(select(second, lower, middle), 16, row(0)), of);
    }
#endif
    const Ints next = add(at.column, 1);
    const auto both = [&](int r) VSP_INLINED {
      const Window window = window_at(row(r));
      return Pairs{pick(window, at.column), pick(window, next)};
    };
    const Pairs upper = both(0), middle = both(1), lower = both(2);
    return blend(select(second, middle, upper), select(second, lower, middle), of);
  }

  // Calls `use` with the first pixel and the samples of each vector.
  template <class T, class Use>
  static VSP_OUTSIDE void apart(const Plane& plane, const Apart& at, Use use) {
    const Plane in = plane;
    const int pixels = at.vectors * kLanes;
    // Offsets are of 32 bits.
    const bool large = in.stride * in.height != static_cast<int>(in.stride * in.height);
    if (large || in.width < 2 || in.height < 2) return one_by_one<T>(in, at, use);
    alignas(64) int offset[kChunk];
    bool inner[kChunk / kLanes];
    for (int i = 0; i < pixels; i += kLanes) {
      const Ints ix = load_ints(at.ix + i), iy = load_ints(at.iy + i);
      const Ints x = highest(lowest(ix, in.width - 2), 0), y = highest(lowest(iy, in.height - 2), 0);
      store_ints(offset + i, add(times(y, static_cast<int>(in.stride)), times(x, sizeof(T))));
      inner[i / kLanes] = all_same(x, ix, y, iy);
    }
    asm("" : "+m"(offset));  // or GCC takes them out of the vectors one by one, which is slower
    const char* data = static_cast<const char*>(in.data);
    for (int i = 0; i < pixels; i += kLanes) {
      Pairs above, below;
      pairs_at<T>([&](int lane) VSP_INLINED { return reinterpret_cast<const T*>(data + offset[i + lane]); }, in.stride,
                  above, below);
      if (!inner[i / kLanes]) at_edges(in, load_ints(at.ix + i), load_ints(at.iy + i), above, below);
      use(at.first[i / kLanes], blend(above, below, {load_lanes(at.fx + i), load_lanes(at.fy + i)}));
    }
  }

  // Pairs were read inside the plane. Beyond an edge both of a pair are the sample there, and so are both rows.
  static VSP_PART void at_edges(const Plane& in, Ints ix, Ints iy, Pairs& above, Pairs& below) {
    const Mask left = vsp::VSP_ISA::below(ix, 0), top = vsp::VSP_ISA::below(iy, 0);
    const Mask right = vsp::VSP_ISA::above(ix, in.width - 2), bottom = vsp::VSP_ISA::above(iy, in.height - 2);
    for (Pairs* row : {&above, &below})
      *row = {select(right, row->right, row->left), select(left, row->left, row->right)};
    const Pairs upper = above;
    above = select(bottom, below, above);
    below = select(top, upper, below);
  }

  template <class T, class Use>
  static VSP_OUTSIDE void one_by_one(const Plane& in, const Apart& at, Use use) {
    const auto fetch = [&](int x, int y) { return to_float(row_at<const T>(in, y)[x]); };
    for (int k = 0; k < at.vectors; ++k) {
      alignas(64) float out[kLanes];
      for (int i = 0, j = k * kLanes; i < kLanes; ++i, ++j)
        out[i] = sample_bilinear(fetch, in.width, in.height, at.ix[j], at.iy[j], at.fx[j], at.fy[j]);
      use(at.first[k], load_lanes(out));
    }
  }
};

}  // namespace
}  // namespace vsp::VSP_ISA
