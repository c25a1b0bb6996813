// Warp one plane: the job, and the call that picks the build for this CPU.
#pragma once

#include "common/cpu.hpp"
#include "common/plane.hpp"

namespace vsp {

struct FlowPlanes {
  Plane dx, dy;      // float, `1 << subsampling` times as large as the picture's plane; in pixels of their own grid
  Plane confidence;  // as dx; data == nullptr means 1 everywhere
  int subsampling_w = 0, subsampling_h = 0;
};

struct WarpJob : FlowPlanes {
  Plane in;
  bool bilinear = false;
  OutPlane out;  // same size and samples as `in`, and not the same memory
};

VSP_DECLARE(warp_plane, WarpJob)

inline void warp(const WarpJob& job, Cpu cpu) { VSP_CALL(cpu, warp_plane, job); }

}  // namespace vsp
