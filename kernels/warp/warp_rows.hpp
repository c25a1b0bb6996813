// Warp one plane: the job, and the call that picks the build for this CPU.
#pragma once

#include "common/cpu.hpp"
#include "common/plane.hpp"

namespace vsp {

struct FlowPlanes {
  Plane dx, dy;      // float, `1 << subsampling` times as large as the picture's plane; in pixels of their own grid
  Plane confidence;  // as dx; data == nullptr means 1 everywhere
  int subsampling_w = 0, subsampling_h = 0;
  int scale = 1;  // the picture is this many times as large as what is made of it: sample (x, y) is (scale x, scale y)
};

struct WarpJob : FlowPlanes {
  Plane in;
  bool bilinear = false;
  OutPlane out;  // samples as `in`, 1 / scale as large, and not the same memory
};

VSP_DECLARE(warp_plane, WarpJob)

inline void warp(const WarpJob& job, Cpu cpu) { VSP_CALL(cpu, warp_plane, job); }

}  // namespace vsp
