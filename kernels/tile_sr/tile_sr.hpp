// The definition of one layer at one pixel. README.md has the formula.
#pragma once

#include "common/hd.hpp"

namespace vsp::VSP_ISA {

// NaN passes, so that a broken sample is seen where it counts and nowhere else.
VSP_HD float relu(float value) { return value < 0.0f ? 0.0f : value; }
VSP_HD float prelu(float value, float slope) { return value < 0.0f ? value * slope : value; }

// sum over the 3x3 neighbourhood and the channels in. `sample(ky, kx, channel)` gives what the layer before made at
// (x + kx - 1, y + ky - 1), zero outside the frame; `weight(ky, kx, channel)` this layer's weight for it.
template <class Sample, class Weight>
VSP_HD float convolve(const Sample& sample, const Weight& weight, int channels_in, float bias) {
  float sum = bias;
  for (int ky = 0; ky < 3; ++ky)
    for (int kx = 0; kx < 3; ++kx)
      for (int channel = 0; channel < channels_in; ++channel) sum += sample(ky, kx, channel) * weight(ky, kx, channel);
  return sum;
}

}  // namespace vsp::VSP_ISA
