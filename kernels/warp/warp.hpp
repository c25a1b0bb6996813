// The definition of the warp, one pixel at a time: weights, sampling, confidence. README.md has the formulas.
#pragma once

#include "common/hd.hpp"

namespace vsp::VSP_ISA {

// No picture is larger; bounding displacements here keeps every index inside an int.
constexpr float kFarthest = 1048576.0f;

// NaN and infinity mean "unknown" and move nothing.
VSP_HD float safe_displacement(float d) {
  const float magnitude = d < 0.0f ? -d : d;
  const float bounded = d < -kFarthest ? -kFarthest : (d > kFarthest ? kFarthest : d);
  return magnitude <= 3.402823466e38f ? bounded : 0.0f;
}

VSP_HD float safe_confidence(float c) { return c > 0.0f ? (c < 1.0f ? c : 1.0f) : 0.0f; }

VSP_HD int floor_to_int(float v) {
  const int truncated = static_cast<int>(v);
  return truncated - (static_cast<float>(truncated) > v ? 1 : 0);
}

VSP_HD int clamp_index(int i, int size) { return i < 0 ? 0 : (i >= size ? size - 1 : i); }

// Catmull-Rom (cubic convolution with a = -0.5): weights of the samples at -1, 0, 1, 2 for position t in [0, 1).
// Written as the line between the middle ones, bent by the outer ones: 11 operations; the polynomials one by one
// are 19.
template <class Float>
VSP_HD void catmull_rom_weights(Float t, Float& w0, Float& w1, Float& w2, Float& w3) {
  const Float rest = 1.0f - t, outer = -0.5f * t * rest;
  w0 = outer * rest;
  w3 = outer * t;
  w1 = rest - 2.0f * w0 + w3;
  w2 = t - 2.0f * w3 + w0;
}

// `fetch(x, y)` returns a sample as float; indices are clamped here, so it never sees one outside the plane.
template <class Fetch>
VSP_HD float sample_catmull_rom(Fetch fetch, int width, int height, int ix, int iy, float fx, float fy) {
  float h0, h1, h2, h3, v0, v1, v2, v3;
  catmull_rom_weights(fx, h0, h1, h2, h3);
  catmull_rom_weights(fy, v0, v1, v2, v3);
  float column[4];
  for (int k = 0; k < 4; ++k) {
    const int x = clamp_index(ix - 1 + k, width);
    column[k] = v0 * fetch(x, clamp_index(iy - 1, height)) + v1 * fetch(x, clamp_index(iy, height)) +
                v2 * fetch(x, clamp_index(iy + 1, height)) + v3 * fetch(x, clamp_index(iy + 2, height));
  }
  return h0 * column[0] + h1 * column[1] + h2 * column[2] + h3 * column[3];
}

template <class Float>
VSP_HD Float blend_bilinear(Float p00, Float p01, Float p10, Float p11, Float fx, Float fy) {
  const Float left = (1.0f - fy) * p00 + fy * p10;
  const Float right = (1.0f - fy) * p01 + fy * p11;
  return (1.0f - fx) * left + fx * right;
}

template <class Fetch>
VSP_HD float sample_bilinear(Fetch fetch, int width, int height, int ix, int iy, float fx, float fy) {
  const int x0 = clamp_index(ix, width), x1 = clamp_index(ix + 1, width);
  const int y0 = clamp_index(iy, height), y1 = clamp_index(iy + 1, height);
  return blend_bilinear(fetch(x0, y0), fetch(x1, y0), fetch(x0, y1), fetch(x1, y1), fx, fy);
}

// Both ends are exact: full confidence is the warped sample itself, none is the original itself, even where the other
// one is NaN.
VSP_HD float trust(float original, float warped, float confidence) {
  const float mixed = original + confidence * (warped - original);
  return confidence >= 1.0f ? warped : (confidence > 0.0f ? mixed : original);
}

// Adds a warped neighbour to the sums of a blend, as its difference to the centre: what is not trusted, or not a
// number, changes nothing, not even the last bit.
VSP_HD void blend_in(float center, float warped, float weight, float& difference, float& total) {
  const float change = warped - center;
  const float magnitude = change < 0.0f ? -change : change;
  const bool counts = weight > 0.0f && magnitude <= 3.402823466e38f;
  difference += counts ? weight * change : 0.0f;
  total += counts ? weight : 0.0f;
}

VSP_HD float blended(float center, float difference, float total) {
  const float mean = center + difference / total;
  return difference == 0.0f ? center : mean;
}

}  // namespace vsp::VSP_ISA
