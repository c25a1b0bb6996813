// Merge one plane: the job, and the call that picks the build for this CPU.
#pragma once

#include <cstddef>

#include "common/cpu.hpp"
#include "common/plane.hpp"

namespace vsp {

struct MergeJob {
  Plane base;
  Line base_to_out;    // base's code values to those of `out`
  Plane residual;      // float, in nominal units, as large as base; data == nullptr means zero everywhere
  float gain = 1.0f;   // strength times code values of `out` per nominal unit
  Plane source;        // base before it was enlarged; data == nullptr means no limit
  Line source_to_out;  // source's code values to those of `out`
  float overshoot = 0.0f;
  float* scratch = nullptr;  // merge_scratch() floats when there is a source
  OutPlane out;              // as large as base
};

VSP_DECLARE(merge_plane, MergeJob)

// Three rows of the source and their extremes with a column more on both sides, the bounds, and those spread over the
// width of the output.
inline size_t merge_scratch(const MergeJob& job) {
  return job.source.data == nullptr ? 0 : static_cast<size_t>(7 * job.source.width + 10 + 2 * job.base.width);
}

void merge(MergeJob job, Cpu cpu);

}  // namespace vsp
