// Where the samples of a vector of neighbouring pixels lie. Included by sample_chunk.hpp in the builds that have
// vectors.
#pragma once

#include "warp/positions.hpp"
#include "warp/vector.hpp"

namespace vsp::VSP_ISA {
namespace {

// What a vector of neighbours moves by: whole samples and the rest. Lanes after the chunk's last pixel stay where that
// one is, unmoved.
struct Moved {
  Ints whole_x, whole_y;
  Floats fx, fy;
};

// From pixel `first` of the span on.
VSP_PART Moved moved_by(const Span& span, int first) {
  const Floats dx = safe_displacements(load_up_to(span.dx + first, span.count - first)) * span.scale_x;
  const Floats dy = safe_displacements(load_up_to(span.dy + first, span.count - first)) * span.scale_y;
  const Ints whole_x = floors(dx), whole_y = floors(dy);
  return {whole_x, whole_y, dx - to_floats(whole_x), dy - to_floats(whole_y)};
}

VSP_PART bool holds(const Plane& in, int x, int y, int width, int height) {
  return static_cast<bool>(static_cast<int>(x >= 0) & static_cast<int>(x <= in.width - width) &
                           static_cast<int>(y >= 0) & static_cast<int>(y <= in.height - height));
}

// Real motion is smooth: mostly all pixels of a vector move by the same whole samples. What they need are then rows of
// samples as they lie in the plane. Else most lie in a window two vectors wide and, but for the kernel's own height,
// kSpread rows high, whose rows are read and sorted in registers.
struct Together {
  int x, y;          // the first tap of the first pixel, or the window
  Ints column, row;  // of each pixel's first tap, from there on
};

// Of a whole vector, and a step of one sample. The first pixel stands for all.
template <class Kernel>
VSP_PART Together together(const Span& span, int first, const Moved& moved) {
  return {first_of(moved.whole_x) + span.x + first - Kernel::kBefore,
          first_of(moved.whole_y) + span.y - Kernel::kBefore, minus_first(moved.whole_x), minus_first(moved.whole_y)};
}

template <class Kernel>
VSP_PART bool moves_alike(const Plane& in, const Together& at) {
  return static_cast<bool>(static_cast<int>(holds(in, at.x, at.y, kLanes + Kernel::kTaps - 1, Kernel::kTaps)) &
                           static_cast<int>(all_zero(at.column, at.row)));
}

// Makes `at` the window. False where it does not hold all pixels, or ends outside the plane.
template <class Kernel>
VSP_PART bool find_window(const Plane& in, Together& at) {
  constexpr int kLeft = kLanes / 2 - 1;
  const int up = static_cast<int>(any(below(at.row, 0)));
  at.y -= up;
  at.row = add(at.row, up);
  if (!all_below(at.row, Kernel::kSpread)) return false;
  at.x -= kLeft;
  at.column = add(at.column, add(lane_numbers(), kLeft));
  return static_cast<bool>(static_cast<int>(holds(in, at.x, at.y, 2 * kLanes, Kernel::kTaps + Kernel::kSpread - 1)) &
                           static_cast<int>(all_below(at.column, 2 * kLanes - Kernel::kTaps + 1)));
}

// The vectors of a span whose pixels must be read one by one. They wait here until all positions are known: what is
// stored as a vector and read back one by one has arrived by then. (A processor with two threads holds fewer
// instructions than such a vector takes, so it would wait for every single one.)
struct Apart {
  int vectors = 0;
  int first[kChunk / kLanes];  // pixel of the span
  alignas(64) int ix[kChunk], iy[kChunk];
  alignas(64) float fx[kChunk], fy[kChunk];

  VSP_PART void put(const Span& span, int from, const Moved& moved) {
    const Ints lane = lowest(lane_numbers(), span.count - from - 1);
    Ints here = lane;
    for (int k = 1; k < span.step; ++k) here = add(here, lane);
    const int at = vectors * kLanes;
    store_ints(ix + at, add(add(moved.whole_x, here), (span.x + from) * span.step));
    store_ints(iy + at, add(moved.whole_y, span.y * span.step));
    store_floats(fx + at, moved.fx);
    store_floats(fy + at, moved.fy);
    first[vectors++] = from;
  }
};

// Whether whole vectors of pixels lie inside, their taps included: kernels of N x N samples from (x, y) on.
template <int N>
VSP_PART bool all_inside(const Plane& in, Ints x, Ints y) {
  return in.width >= N && in.height >= N && all_below(x, in.width - N + 1) && all_below(y, in.height - N + 1);
}

}  // namespace
}  // namespace vsp::VSP_ISA
