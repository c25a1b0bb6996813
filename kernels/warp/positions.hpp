// Chunks of pixels and the positions a flow gives them. Included by the per-instruction-set sources only.
#pragma once

#include "common/rows.hpp"
#include "warp/warp.hpp"
#include "warp/warp_rows.hpp"

namespace vsp::VSP_ISA {
namespace {

constexpr int kChunk = 64;  // pixels; small enough that all scratch stays in the first-level cache

struct Chunk {
  alignas(64) float fx[kChunk], fy[kChunk];  // fractions of the position
  alignas(64) int ix[kChunk], iy[kChunk];    // its integer part
  alignas(64) float confidence[kChunk];
  alignas(64) float original[kChunk], out[kChunk];
};

using Clean = float (*)(float);

// Mean of a flow plane over the block of pixels that one sample of a subsampled plane covers.
template <Clean clean>
inline void block_mean(const Plane& flow, int x, int y, int count, int shift_w, int shift_h, float* __restrict out) {
  const int block_w = 1 << shift_w, block_h = 1 << shift_h;
  const float* first = row_at<const float>(flow, y << shift_h);
  if (shift_w == 0 && shift_h == 0) {
    for (int i = 0; i < count; ++i) out[i] = clean(first[x + i]);
    return;
  }
  const float share = 1.0f / static_cast<float>(block_w * block_h);
  for (int i = 0; i < count; ++i) {
    float sum = 0.0f;
    for (int by = 0; by < block_h; ++by)
      for (int bx = 0; bx < block_w; ++bx)
        sum += clean(row_at<const float>(flow, (y << shift_h) + by)[((x + i) << shift_w) + bx]);
    out[i] = sum * share;
  }
}

// Splits the displacement, not the position: x + 0.3 keeps few bits of 0.3 when x is in the thousands.
inline void split(const float* __restrict displacement, int count, float scale, float* __restrict fraction,
                  int* __restrict whole) {
  for (int i = 0; i < count; ++i) {
    const float d = displacement[i] * scale;
    const int floored = floor_to_int(d);
    fraction[i] = d - static_cast<float>(floored);
    whole[i] = floored;
  }
}

inline void read_flow(const FlowPlanes& flow, int x, int y, int count, Chunk& chunk) {
  const int sw = flow.subsampling_w, sh = flow.subsampling_h;
  alignas(64) float displacement[kChunk];
  block_mean<safe_displacement>(flow.dx, x, y, count, sw, sh, displacement);
  split(displacement, count, 1.0f / static_cast<float>(1 << sw), chunk.fx, chunk.ix);
  block_mean<safe_displacement>(flow.dy, x, y, count, sw, sh, displacement);
  split(displacement, count, 1.0f / static_cast<float>(1 << sh), chunk.fy, chunk.iy);
  for (int i = 0; i < count; ++i) {
    chunk.ix[i] += x + i;
    chunk.iy[i] += y;
  }
  if (flow.confidence.data != nullptr)
    block_mean<safe_confidence>(flow.confidence, x, y, count, sw, sh, chunk.confidence);
  else
    for (int i = 0; i < count; ++i) chunk.confidence[i] = 1.0f;
}

}  // namespace
}  // namespace vsp::VSP_ISA
