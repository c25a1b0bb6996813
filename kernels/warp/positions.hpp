// Chunks of pixels and the positions a flow gives them. Included by the per-instruction-set sources only.
#pragma once

#include "common/rows.hpp"
#include "warp/means.hpp"
#include "warp/warp.hpp"
#include "warp/warp_rows.hpp"

namespace vsp::VSP_ISA {
namespace {

constexpr int kChunk = 128;  // pixels; few enough that all scratch stays in the first-level cache

// Pixels [x, x + count) of row y.
struct Span {
  int x, y, count;
  const float *dx, *dy;    // their displacements: of the flow itself, or means
  int step;                // samples of the plane from one pixel to the next
  float scale_x, scale_y;  // to samples of the plane
};

struct Chunk : Span {
  alignas(64) float mean_dx[kChunk], mean_dy[kChunk];
  alignas(64) float confidence[kChunk];
  alignas(64) float original[kChunk], out[kChunk];
};

// Splits the displacement, not the position: x + 0.3 keeps few bits of 0.3 when x is in the thousands. The whole part
// then becomes a position, from `at`.
inline void split(float displacement, float scale, int at, float& fraction, int& whole) {
  const float d = safe_displacement(displacement) * scale;
  const int floored = floor_to_int(d);
  fraction = d - static_cast<float>(floored);
  whole = floored + at;
}

inline const float* read_axis(const Plane& flow, const FlowPlanes& planes, const Chunk& chunk, float* means) {
  const int sw = planes.subsampling_w, sh = planes.subsampling_h;
  if (sw == 0 && sh == 0) return row_at<float>(flow, chunk.y) + chunk.x;
  block_mean<SafeDisplacement>(flow, chunk.x, chunk.y, chunk.count, sw, sh, means);
  return means;
}

inline void read_flow(const FlowPlanes& flow, int x, int y, int count, Chunk& chunk) {
  chunk.x = x;
  chunk.y = y;
  chunk.count = count;
  chunk.step = flow.scale;
  chunk.scale_x = static_cast<float>(flow.scale) / static_cast<float>(1 << flow.subsampling_w);
  chunk.scale_y = static_cast<float>(flow.scale) / static_cast<float>(1 << flow.subsampling_h);
  chunk.dx = read_axis(flow.dx, flow, chunk, chunk.mean_dx);
  chunk.dy = read_axis(flow.dy, flow, chunk, chunk.mean_dy);
}

inline void read_confidence(const FlowPlanes& flow, int x, int y, int count, Chunk& chunk) {
  const int sw = flow.subsampling_w, sh = flow.subsampling_h;
  if (flow.confidence.data == nullptr) {
    for (int i = 0; i < count; ++i) chunk.confidence[i] = 1.0f;
    return;
  }
  block_mean<SafeConfidence>(flow.confidence, x, y, count, sw, sh, chunk.confidence);
}

// The same, but for a flow of the plane's own size as it is: not yet made safe, and not copied.
inline const float* confidence_at(const FlowPlanes& flow, int x, int y, int count, Chunk& chunk) {
  if (flow.confidence.data == nullptr || flow.subsampling_w != 0 || flow.subsampling_h != 0) {
    read_confidence(flow, x, y, count, chunk);
    return chunk.confidence;
  }
  return row_at<float>(flow.confidence, y) + x;
}

}  // namespace
}  // namespace vsp::VSP_ISA
