// Count how bright the pixels of an RGB picture are: the job, and the call that picks the build for this CPU.
#pragma once

#include "common/cpu.hpp"
#include "common/plane.hpp"

namespace vsp {

struct HistogramJob {
  Plane rgb[3];                 // same samples and size
  uint32_t* counts = nullptr;   // histogram_bins(sample, bits) of them; written, not added to
  uint32_t* maxima = nullptr;   // three: the largest code of R, G and B
  uint32_t* scratch = nullptr;  // taken by light_histogram(): as many as `counts`
};

VSP_DECLARE(histogram_planes, HistogramJob)

// 2^bits for integers, 2^18 for half and float.
size_t histogram_bins(Sample sample, int bits);

void light_histogram(HistogramJob job, Cpu cpu);

}  // namespace vsp
