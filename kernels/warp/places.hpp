// Where the samples of a vector of neighbouring pixels lie, and which way to read them is the fastest. Included by
// sample_chunk.hpp in the builds that have vectors.
#pragma once

#include "warp/positions.hpp"
#include "warp/vector.hpp"

namespace vsp::VSP_ISA {
namespace {

struct Position {
  Ints ix, iy;
  Floats fx, fy;
};

// What a vector of neighbours moves by: whole pixels and the rest. Lanes after the chunk's last pixel stay where that
// one is, unmoved.
struct Moved {
  Ints whole_x, whole_y;
  Floats fx, fy;
};

// From pixel `first` of the chunk on.
VSP_PART Moved moved_by(const Chunk& chunk, int first) {
  const Floats dx = safe_displacements(load_up_to(chunk.dx + first, chunk.count - first)) * chunk.scale_x;
  const Floats dy = safe_displacements(load_up_to(chunk.dy + first, chunk.count - first)) * chunk.scale_y;
  const Ints whole_x = floors(dx), whole_y = floors(dy);
  return {whole_x, whole_y, dx - to_floats(whole_x), dy - to_floats(whole_y)};
}

VSP_PART Position position_of(const Chunk& chunk, int first, const Moved& moved) {
  const Ints lane = lowest(lane_numbers(), chunk.count - first - 1);
  Ints here = lane;
  for (int k = 1; k < chunk.step; ++k) here = add(here, lane);
  return {add(add(moved.whole_x, here), (chunk.x + first) * chunk.step), add(moved.whole_y, chunk.y * chunk.step),
          moved.fx, moved.fy};
}

// One by one, as memory.
struct Apart {
  alignas(64) int ix[kLanes], iy[kLanes];
  alignas(64) float fx[kLanes], fy[kLanes];
  explicit Apart(const Position& at) {
    store_ints(ix, at.ix);
    store_ints(iy, at.iy);
    store_floats(fx, at.fx);
    store_floats(fy, at.fy);
  }
};

// Real motion is smooth: the samples that a vector of neighbours needs lie in a window two vectors wide and, but for
// the kernel's own height, kSpread rows high. They are then read as rows and sorted in registers.
struct Near {
  int left, top;     // of the window
  Ints column, row;  // of each pixel's first tap, in the window
};

template <class Kernel>
VSP_PART bool find_window(const Plane& in, const Position& at, Near& near) {
  constexpr int kRows = Kernel::kSpread + Kernel::kTaps - 1, kLeft = Kernel::kBefore + kLanes / 2 - 1;
  if (in.width < 2 * kLanes || in.height < kRows) return false;
  const auto within = [](int at, int from, int to) { return at < from ? from : (at < to ? at : to); };
  const int y = first_of(at.iy), up = Kernel::kBefore + static_cast<int>(any(below(at.iy, y)));
  near.left = within(first_of(at.ix), kLeft, in.width - 2 * kLanes + kLeft) - kLeft;
  near.top = within(y, up, in.height - kRows + up) - up;
  near.column = add(at.ix, -Kernel::kBefore - near.left);
  near.row = add(at.iy, -Kernel::kBefore - near.top);
  return static_cast<bool>(static_cast<int>(all_below(near.column, 2 * kLanes - Kernel::kTaps + 1)) &
                           static_cast<int>(all_below(near.row, Kernel::kSpread)));
}

// Mostly they even move by the same whole pixels: what they need are rows of samples as they lie in the plane.
// Returns false where that is not so or ends outside the plane; x, y: the first tap of the first pixel.
template <class Kernel>
VSP_PART bool find_straight(const Plane& in, const Chunk& chunk, int first, const Moved& moved, int& x, int& y) {
  if (chunk.count - first < kLanes || chunk.step != 1) return false;
  x = first_of(moved.whole_x) + chunk.x + first - Kernel::kBefore;
  y = first_of(moved.whole_y) + chunk.y - Kernel::kBefore;
  const bool inside = static_cast<int>(x >= 0) & static_cast<int>(x <= in.width - kLanes - Kernel::kTaps + 1) &
                      static_cast<int>(y >= 0) & static_cast<int>(y <= in.height - Kernel::kTaps);
  return static_cast<bool>(static_cast<int>(inside) & static_cast<int>(all_equal(moved.whole_x, moved.whole_y)));
}

}  // namespace
}  // namespace vsp::VSP_ISA
