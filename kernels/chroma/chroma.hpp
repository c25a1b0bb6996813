// The definition of the luma-guided chroma enlargement. README.md has the formula.
#pragma once

#include "common/hd.hpp"

namespace vsp::VSP_ISA {

// Below this variance (a standard deviation of about half a percent) luma and chroma count as flat.
constexpr float kFlat = 2.5e-5f;

// What the low resolution knows about one sample's surroundings.
struct Local {
  float slope;      // chroma per luma, already times the squared correlation
  float low, high;  // extremes of chroma; low > high when every sample is NaN
};

// The 3 x 3 neighbourhood row by row, edges repeated.
VSP_HD Local local_of(const float (&luma)[9], const float (&chroma)[9]) {
  constexpr float weight[9] = {0.0625f, 0.125f, 0.0625f, 0.125f, 0.25f, 0.125f, 0.0625f, 0.125f, 0.0625f};
  // Moments are taken around the centre sample: around zero, float32 would lose small variances of bright areas.
  const float luma_centre = luma[4], chroma_centre = chroma[4];
  float l1 = 0.0f, c1 = 0.0f, ll = 0.0f, cc = 0.0f, lc = 0.0f;
  float low = __builtin_huge_valf(), high = -__builtin_huge_valf();
  for (int i = 0; i < 9; ++i) {
    const float c_raw = chroma[i];
    const float l = luma[i] - luma_centre, c = c_raw - chroma_centre;
    const float wl = weight[i] * l, wc = weight[i] * c;
    l1 += wl;
    c1 += wc;
    ll += wl * l;
    cc += wc * c;
    lc += wl * c;
    low = c_raw < low ? c_raw : low;
    high = c_raw > high ? c_raw : high;
  }
  const float var_l = ll - l1 * l1 + kFlat, var_c = cc - c1 * c1 + kFlat, cov = lc - l1 * c1;
  const float slope = cov / var_l * (cov * cov / (var_l * var_c));
  const float magnitude = slope < 0.0f ? -slope : slope;
  return {magnitude <= 3.402823466e38f ? slope : 0.0f, low, high};
}

// The detail that luma has at full size and lacks at chroma's, added in proportion; never outside what was there
// before.
VSP_HD float guide(float up, float slope, float detail, float strength, float low, float high) {
  const float change = strength * slope * detail;
  const float magnitude = change < 0.0f ? -change : change;
  const float guided = magnitude <= 3.402823466e38f ? up + change : up;
  const float floor = up < low ? up : low, ceiling = up > high ? up : high;
  const float limited = guided < floor ? floor : (guided > ceiling ? ceiling : guided);
  return low <= high ? limited : guided;
}

}  // namespace vsp::VSP_ISA
