// Guide one chroma plane by luma: the job, and the call that picks the build for this CPU.
#pragma once

#include <cstddef>

#include "common/cpu.hpp"
#include "common/plane.hpp"

namespace vsp {

struct ChromaJob {
  Plane chroma_up, luma_up, luma_smooth;  // float, all as large as `out`
  Plane chroma, luma;                     // float, both as large as each other
  float strength = 1.0f;
  OutPlane out;
  // Taken by guide_chroma(): three planes of Local values at low resolution, then rows at full width.
  float* scratch = nullptr;
  int* nearest = nullptr;  // per output column: its low-resolution sample ...
  int* left = nullptr;     // ... and the left one of the two that the slope is interpolated between,
  float* share = nullptr;  // with the share of the right one
};

VSP_DECLARE(chroma_plane, ChromaJob)

void guide_chroma(ChromaJob job, Cpu cpu);

// Position of output sample i on the low-resolution grid, both grids covering the same picture.
struct GridPosition {
  int nearest, left;
  float share;
};
GridPosition grid_position(int i, int size, int low_size);

}  // namespace vsp
