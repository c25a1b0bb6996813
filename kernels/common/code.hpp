// Codes of integer samples, on host and device.
#pragma once

#include "common/hd.hpp"

namespace vsp::VSP_ISA {

// Rounds halves up and clamps to [0, peak]; a NaN becomes 0, because integers have none.
VSP_HD int to_code(float value, float peak) {
  const float floored = value > 0.0f ? value : 0.0f;
  const float clamped = floored < peak ? floored : peak;
  return static_cast<int>(clamped + 0.5f);
}

VSP_HD float peak_of(int bits) { return static_cast<float>((1 << bits) - 1); }

}  // namespace vsp::VSP_ISA
