// The definition of back-projection, one sample and one axis at a time. README.md has the formulas.
#pragma once

#include "common/phases.hpp"

namespace vsp::VSP_ISA {

// What of in - D(out) is not explained by storing D(out) in codes 0..peak, which limits it. Not a number: unknown, 0.
VSP_HD float unexplained(float target, float reduced, float peak) {
  const float difference = target - reduced;
  const float magnitude = difference < 0.0f ? -difference : difference;
  if (!(magnitude <= 3.402823466e38f)) return 0.0f;
  if (peak > 0.0f && ((target <= 0.0f && difference > 0.0f) || (target >= peak && difference < 0.0f))) return 0.0f;
  return difference;
}

// How much a residual breaks the promise; well below half a code it begins to count, so that repairs leave room.
VSP_HD float broken(float residual) {
  const float magnitude = residual < 0.0f ? -residual : residual;
  const float over = magnitude - 0.4f;
  return over > 0.0f ? over * over : 0.0f;
}

}  // namespace vsp::VSP_ISA
