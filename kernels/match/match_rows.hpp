// A flow's confidence times how well the warped neighbour matches: the job, and the call that picks the build.
#pragma once

#include "warp/warp_rows.hpp"

namespace vsp {

constexpr int kMostMatched = 3;  // planes

struct MatchJob {
  struct Pair {
    Plane frame, neighbour;  // same size and samples
    float sigma = 0.0f;      // of the noise, in units of the samples; 0: the plane does not count
  } pairs[kMostMatched];
  int count = 0;  // of planes; the first is as large as the flow, the others smaller by the subsampling
  int subsampling_w = 0, subsampling_h = 0;
  Plane dx, dy;
  Plane confidence;       // data == nullptr means 1
  OutPlane out;           // float, as large as the flow
  float* rows = nullptr;  // scratch of match_scratch() floats, given by match_flow()
};

constexpr int kMatchMargin = 16;  // floats after every row of the scratch memory
constexpr int kMatchRows = 3 * kMostMatched + 3 * 9 + 3;

constexpr size_t match_scratch(int width) {
  return kMatchRows * (static_cast<size_t>(width) + kMatchMargin) + kMatchMargin;
}

VSP_DECLARE(match_plane, MatchJob)

void match_flow(MatchJob job, Cpu cpu);

}  // namespace vsp
