// The definition of how well two pixels match under noise. README.md has the formulas.
#pragma once

#include "common/hd.hpp"

namespace vsp::VSP_ISA {

constexpr int kMatchReach = 4;                         // pixels on each side: means over 9x9
constexpr float kSmoothed = 0.140625f;                 // of white noise's variance is left by (1 2 1) x (1 2 1) / 16
constexpr float kFineLimit = 2.4f, kFineSlope = 8.0f;  // of the first plane's differences
constexpr float kSmoothLimit = 2.6f, kSmoothSlope = 2.0f;  // of the same, smoothed
constexpr float kOthersLimit = 4.0f, kOthersSlope = 2.0f;  // of the other planes', smoothed

// 0 if it is not a number: WarpBlend leaves such samples out by itself.
VSP_HD float match_difference(float warped, float original) {
  const float difference = warped - original;
  const float magnitude = difference < 0.0f ? -difference : difference;
  return magnitude <= 1e18f ? difference : 0.0f;
}

VSP_HD float binomial(float before, float at, float after) { return 0.25f * before + 0.5f * at + 0.25f * after; }

// From the means of the three squared differences, each in units of its noise's variance.
VSP_HD float match_weight(float fine, float smooth, float others) {
  const float a = kFineSlope * (fine - kFineLimit);
  const float b = kSmoothSlope * (smooth - kSmoothLimit);
  const float c = kOthersSlope * (others - kOthersLimit);
  const float worse = a > b ? a : b, worst = worse > c ? worse : c;
  return worst > 0.0f ? 1.0f / (1.0f + worst) : 1.0f;
}

}  // namespace vsp::VSP_ISA
