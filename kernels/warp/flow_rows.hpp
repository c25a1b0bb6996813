// What is done to flows: the jobs, and the calls that pick the build for this CPU.
#pragma once

#include "common/cpu.hpp"
#include "common/plane.hpp"

namespace vsp {

struct ConsistencyJob {
  Plane dx, dy;            // float; from this picture to the other, in pixels
  Plane back_dx, back_dy;  // float, as large; from the other picture to this one
  Plane confidence;        // float, as large; multiplied with the result; data == nullptr means 1
  float alpha = 0.01f, beta = 0.5f, softness = 0.0f;
  OutPlane out;  // float, as large
};

struct FlowResizeJob {
  Plane dx, dy, confidence;                 // float; confidence.data == nullptr means 1
  OutPlane out_dx, out_dy, out_confidence;  // float, no smaller than dx; out_confidence.data may be nullptr
  // Scratch, given by resize_flow(): where each output column lies, and four rows as wide as dx.
  const int* column = nullptr;
  const float* fraction = nullptr;
  float* rows = nullptr;
};

VSP_DECLARE(consistency_plane, ConsistencyJob)
VSP_DECLARE(resize_flow_plane, FlowResizeJob)

inline void check_consistency(const ConsistencyJob& job, Cpu cpu) { VSP_CALL(cpu, consistency_plane, job); }

void resize_flow(FlowResizeJob job, Cpu cpu);

}  // namespace vsp
