// Enlarge the chroma of a picture along its luma: the job, and the call that picks the build for this CPU.
#pragma once

#include <cstddef>

#include "chroma/grids.hpp"
#include "common/cpu.hpp"
#include "common/plane.hpp"

namespace vsp {

constexpr int kChromaPad = 4;    // chroma samples beside a row
constexpr int kChromaRing = 8;   // rows on the chroma grid that are kept
constexpr int kSlopeRing = 4;    // rows of what is known about surroundings
constexpr int kLumaPerRow = 16;  // rows of luma that are kept, for each that a chroma sample covers

struct ChromaJob {
  Plane luma, chroma[2];
  Line luma_to_nominal, chroma_to_nominal, nominal_to_out;
  Plane detail;  // float, in nominal units, as large as `out`: what luma gained there. data == nullptr: what it has
  OutPlane out[2];
  float strength = 1.0f;
  const ChromaAxis *across = nullptr, *down = nullptr;
  float* scratch = nullptr;  // chroma_scratch() floats, taken by guide_chroma()
};

inline size_t chroma_scratch(const ChromaJob& job) {
  const size_t row = job.chroma[0].width + 2 * kChromaPad, parts = job.across->parts, scale = job.across->scale;
  const size_t luma = static_cast<size_t>(kLumaPerRow) * job.down->parts * job.luma.width;
  return luma + row * (2 * parts + 3 * kChromaRing + 2 * 3 * kSlopeRing + 4 + 3 * scale);
}

VSP_DECLARE(chroma_planes, ChromaJob)

void guide_chroma(ChromaJob job, Cpu cpu);

}  // namespace vsp
