// Means of a flow over the blocks of pixels that samples of a subsampled plane cover. Included by the
// per-instruction-set sources only.
#pragma once

#include "warp/ahead.hpp"
#include "warp/vector.hpp"
#include "warp/warp.hpp"

namespace vsp::VSP_ISA {
namespace {

// What a displacement and a confidence count as, one by one or a vector of them.
struct SafeDisplacement {
  static float of(float d) { return safe_displacement(d); }
#if defined(__AVX2__)
  static Floats of(Floats d) { return safe_displacements(d); }
#endif
};
struct SafeConfidence {
  static float of(float c) { return safe_confidence(c); }
#if defined(__AVX2__)
  static Floats of(Floats c) { return safe_confidences(c); }
#endif
};

template <class Safe>
inline float mean_of_block(const Plane& flow, int x, int y, int shift_w, int shift_h) {
  float sum = 0.0f;
  for (int row = y << shift_h; row < (y + 1) << shift_h; ++row)
    for (int column = x << shift_w; column < (x + 1) << shift_w; ++column)
      sum += Safe::of(row_at<const float>(flow, row)[column]);
  return sum * (1.0f / static_cast<float>(1 << (shift_w + shift_h)));
}

#if defined(__AVX2__)

// Of blocks two pixels wide: whole vectors only. Returns how many means were made. The order of the sums is the same.
template <class Safe>
inline int means_of_pairs(const Plane& flow, int x, int y, int count, int shift_h, float* out) {
  const Floats share = all_lanes(1.0f / static_cast<float>(2 << shift_h));
  int i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Floats sum = all_lanes(0.0f), even, odd;
    for (int row = y << shift_h; row < (y + 1) << shift_h; ++row) {
      const float* at = row_at<const float>(flow, row) + 2 * (x + i);
      ask_ahead(at);
      ask_ahead(at + kLanes);
      evens_and_odds(Safe::of(load_lanes(at)), Safe::of(load_lanes(at + kLanes)), even, odd);
      sum = sum + even + odd;
    }
    store_floats(out + i, sum * share);
  }
  return i;
}

#endif

template <class Safe>
inline void block_mean(const Plane& flow, int x, int y, int count, int shift_w, int shift_h, float* out) {
  int i = 0;
#if defined(__AVX2__)
  if (shift_w == 0 && shift_h == 0)
    for (; i + kLanes <= count; i += kLanes) {
      const float* at = row_at<const float>(flow, y) + x + i;
      ask_ahead(at);
      store_floats(out + i, Safe::of(load_lanes(at)));
    }
  if (shift_w == 1) i = means_of_pairs<Safe>(flow, x, y, count, shift_h, out);
#endif
  for (; i < count; ++i) out[i] = mean_of_block<Safe>(flow, x + i, y, shift_w, shift_h);
}

}  // namespace
}  // namespace vsp::VSP_ISA
