// The definition of the light histogram, one pixel at a time: codes, and the largest of three. README.md has the rest.
#pragma once

#include "common/hd.hpp"

namespace vsp::VSP_ISA {

// Float samples are counted in 2^18 steps of 0..1: in PQ at most 0.34 cd/m² apart, right below the peak of 10,000.
constexpr int kFloatBits = 18;
constexpr float kFloatPeak = 262143.0f;

VSP_HD unsigned code_of(float sample) {
  const float above = sample > 0.0f ? sample : 0.0f;  // NaN too becomes 0
  const float clamped = above < 1.0f ? above : 1.0f;
  return static_cast<unsigned>(static_cast<int>(clamped * kFloatPeak + 0.5f));
}

// Integer samples are codes already; those with bits beyond their depth count as the peak.
VSP_HD unsigned code_of(unsigned sample, unsigned peak) { return sample < peak ? sample : peak; }

VSP_HD unsigned larger(unsigned a, unsigned b) { return a > b ? a : b; }

}  // namespace vsp::VSP_ISA
