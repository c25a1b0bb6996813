// Film grain for one plane: the job, and the call that picks the build for this CPU.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/cpu.hpp"
#include "common/plane.hpp"

namespace vsp {

constexpr int kGrainMaxSide = 63;    // of the filters
constexpr int kGrainMaxStreams = 3;  // independent noises that a plane may be mixed from
constexpr int kGrainChunk = 64;      // columns worked on at a time

struct GrainJob {
  Plane level;                   // float, nominal: which tone each pixel has
  const float* tones = nullptr;  // ascending levels, `tone_count` of them
  const float* taps = nullptr;   // a filter of side x side for each tone, row by row
  int tone_count = 0;
  int side = 0;                // odd
  const float* mix = nullptr;  // share of each stream's white noise, `stream_count` of them
  int stream_count = 1;
  uint32_t seed = 0;
  uint32_t frame = 0;
  float* scratch = nullptr;  // taken by grain(): `side` rows of noise
  OutPlane out;              // float, as large as `level`
};

VSP_DECLARE(grain_plane, GrainJob)

inline int grain_noise_width(const GrainJob& job) { return job.level.width + job.side - 1 + kGrainChunk; }

void grain(GrainJob job, Cpu cpu);

}  // namespace vsp
