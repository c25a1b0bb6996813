// The definitions of what is done to flows, one vector at a time: consistency, and blending known vectors. README.md
// has the formulas.
#pragma once

#include "warp/warp.hpp"

namespace vsp::VSP_ISA {

// NaN, infinity and what lies farther than any picture is wide say nothing about motion.
VSP_HD bool known(float d) { return d >= -kFarthest && d <= kFarthest; }

// Whether a position (whole part and fraction) lies on one of `size` samples, each reaching half a sample to both
// sides.
VSP_HD bool on_picture(int whole, float fraction, int size) {
  const bool from_left = whole >= 0 || (whole == -1 && fraction >= 0.5f);
  const bool to_right = whole < size - 1 || (whole == size - 1 && fraction < 0.5f);
  return from_left && to_right;
}

// Sundaram, Brox, Keutzer (2010), equation 5: there and back again must end where it began, give or take a share
// `alpha` of the squared lengths plus `beta` square pixels. `softness` widens the step from 1 to 0 into a slope.
VSP_HD float consistency(float dx, float dy, float back_dx, float back_dy, float alpha, float beta, float softness) {
  const float miss_x = dx + back_dx, miss_y = dy + back_dy;
  const float miss = miss_x * miss_x + miss_y * miss_y;
  const float bound = alpha * (dx * dx + dy * dy + back_dx * back_dx + back_dy * back_dy) + beta;
  const float slope = 2.0f * softness * bound;
  const float soft = safe_confidence((bound + softness * bound - miss) / slope);
  const float hard = miss < bound ? 1.0f : 0.0f;
  return slope > 0.0f ? soft : hard;
}

// A weighted mean of known vectors, undivided: sums of weight * vector, of weights, and of weight * confidence.
struct FlowSum {
  float dx, dy, weight, confidence;
};

VSP_HD FlowSum weigh(float dx, float dy, float confidence, float weight) {
  const bool counts = known(dx) && known(dy);
  return {counts ? weight * dx : 0.0f, counts ? weight * dy : 0.0f, counts ? weight : 0.0f,
          counts ? weight * safe_confidence(confidence) : 0.0f};
}

// Where sample `i` of `to` samples lies among `from` of them (centres at one half): counted in whole numbers, exact.
VSP_HD void resized_position(int i, int from, int to, int& whole, float& fraction) {
  const long long numerator = (2LL * i + 1) * from - to, denominator = 2LL * to;
  const long long floored = (numerator + denominator) / denominator - 1;  // numerator > -denominator
  whole = static_cast<int>(floored);
  fraction =
      static_cast<float>(static_cast<double>(numerator - floored * denominator) / static_cast<double>(denominator));
}

VSP_HD float mix(float a, float b, float t) { return (1.0f - t) * a + t * b; }

}  // namespace vsp::VSP_ISA
