// One pixel of a warp: what the row sources do in chunks and warp.cu does in every thread. The same sums in the same
// order as the scalar build, so that the outputs are equal to the last bit.
#pragma once

#include "warp/warp.hpp"

namespace vsp::VSP_ISA {

// A displacement in pixels of the plane, as its floor and the rest.
struct Displacement {
  int whole;
  float fraction;
};

VSP_HD Displacement split_displacement(float pixels) {
  const int floored = floor_to_int(pixels);
  return {floored, pixels - static_cast<float>(floored)};
}

// Mean of `at(x, y)` over the block of pixels that one sample of a subsampled plane covers.
template <class At>
VSP_HD float mean_of_block(At at, int x, int y, int shift_w, int shift_h) {
  if (shift_w == 0 && shift_h == 0) return at(x, y);
  const int block_w = 1 << shift_w, block_h = 1 << shift_h;
  float sum = 0.0f;
  for (int by = 0; by < block_h; ++by)
    for (int bx = 0; bx < block_w; ++bx) sum += at((x << shift_w) + bx, (y << shift_h) + by);
  return sum * (1.0f / static_cast<float>(block_w * block_h));
}

// The displacement of sample (x, y): the mean of its block, in pixels of the subsampled plane along the axis that
// `shift` belongs to.
template <class At>
VSP_HD Displacement displacement_at(At flow, int x, int y, int shift_w, int shift_h, int shift) {
  const auto safe = [&](int column, int row) { return safe_displacement(flow(column, row)); };
  return split_displacement(mean_of_block(safe, x, y, shift_w, shift_h) * (1.0f / static_cast<float>(1 << shift)));
}

}  // namespace vsp::VSP_ISA
