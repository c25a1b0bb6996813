// The definition of one layer at one pixel. README.md has the formula.
#pragma once

#include "common/hd.hpp"

namespace vsp::VSP_ISA {

// NaN passes, so that a broken sample is seen where it counts and nowhere else.
VSP_HD float relu(float value) { return value < 0.0f ? 0.0f : value; }
VSP_HD float prelu(float value, float slope) { return value < 0.0f ? value * slope : value; }

// What layers of an INT8 network hand on: `value` within low .. 255 - zero, rounded half to even, plus zero. NaN
// becomes `low`.
VSP_HD int code_of(float value, float low, int zero) {
  const float high = static_cast<float>(255 - zero);
  const float limited = value > low ? (value < high ? value : high) : low;
  constexpr float kWhole = 12582912.0f;  // 1.5 * 2^23: nothing below one fits beside it
  return static_cast<int>((limited + kWhole) - kWhole) + zero;
}

// sum over the 3x3 neighbourhood and the channels in. `sample(ky, kx, channel)` gives what the layer before made at
// (x + kx - 1, y + ky - 1), zero outside the frame; `weight(ky, kx, channel)` this layer's weight for it. In an INT8
// layer these are codes, outside the frame the code of 0, and `bias` is less what codes of 0 add.
template <class Number, class Sample, class Weight, class MultiplyAdd>
VSP_HD Number convolve(const Sample& sample, const Weight& weight, int channels_in, Number bias,
                       const MultiplyAdd& multiply_add) {
  Number sum = bias;
  for (int ky = 0; ky < 3; ++ky)
    for (int kx = 0; kx < 3; ++kx)
      for (int channel = 0; channel < channels_in; ++channel)
        sum = multiply_add(sample(ky, kx, channel), weight(ky, kx, channel), sum);
  return sum;
}

}  // namespace vsp::VSP_ISA
