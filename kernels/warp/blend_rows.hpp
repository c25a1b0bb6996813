// Warp several neighbours onto a picture and blend them in one pass: the job, and the call that picks the build.
#pragma once

#include "warp/warp_rows.hpp"

namespace vsp {

constexpr int kMostNeighbours = 6;

constexpr int kMostBlended = 3;

// Planes of one size that move alike: each vector is read once for all of them.
struct BlendJob {
  int planes = 0;
  Plane center[kMostBlended];
  OutPlane out[kMostBlended];  // same size and samples as `center`, and not the same memory
  float center_weight = 1.0f;  // > 0
  struct Neighbour {
    Plane in[kMostBlended];  // same size and samples as `center`
    FlowPlanes flow;         // from the centre to this neighbour
    float weight = 1.0f;
  } neighbours[kMostNeighbours];
  int count = 0;
  bool bilinear = false;
  int first_row = 0, rows = 0;  // which to make
};

VSP_DECLARE(warp_blend_planes, BlendJob)

inline void warp_blend(const BlendJob& job, Cpu cpu) { VSP_CALL(cpu, warp_blend_planes, job); }

}  // namespace vsp
