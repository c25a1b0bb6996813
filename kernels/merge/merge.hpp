// The definition of the merge, one sample at a time. README.md has the formula.
#pragma once

#include "common/hd.hpp"

namespace vsp::VSP_ISA {

constexpr float kInfinity = __builtin_bit_cast(float, 0x7f800000);  // what GCC, Clang and NVRTC all take

// A residual that is not a number adds nothing, and adding nothing keeps the base bit for bit (-0 and NaN too).
VSP_HD float add_residual(float base, float residual, float gain) {
  const float change = residual * gain;
  const float nothing = change - change;  // not 0 of infinities and NaN
  return nothing == 0.0f && change != 0.0f ? base + change : base;
}

// NaN passes.
VSP_HD float limit(float value, float low, float high) { return value < low ? low : (value > high ? high : value); }

// Widens [lo, hi] on both sides by a share of its own length. An empty range (all samples NaN) limits nothing.
VSP_HD void widen(float& lo, float& hi, float overshoot) {
  const float margin = overshoot * (hi - lo);
  const bool known = lo <= hi;
  const float low = known ? lo - margin : -kInfinity;
  const float high = known ? hi + margin : kInfinity;
  lo = low;
  hi = high;
}

}  // namespace vsp::VSP_ISA
