// Warp several neighbours onto a picture and blend them in one pass: the job, and the call that picks the build.
#pragma once

#include "warp/warp_rows.hpp"

namespace vsp {

constexpr int kMostNeighbours = 6;

struct BlendJob {
  Plane center;
  float center_weight = 1.0f;  // > 0
  struct Neighbour {
    Plane in;         // same size and samples as `center`
    FlowPlanes flow;  // from the centre to this neighbour
    float weight = 1.0f;
  } neighbours[kMostNeighbours];
  int count = 0;
  bool bilinear = false;
  int first_row = 0, rows = 0;  // which to make
  OutPlane out;                 // same size and samples as `center`, and not the same memory
};

VSP_DECLARE(warp_blend_plane, BlendJob)

inline void warp_blend(const BlendJob& job, Cpu cpu) { VSP_CALL(cpu, warp_blend_plane, job); }

}  // namespace vsp
