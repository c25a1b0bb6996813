// Code values and nominal values (H.273): luma and RGB span 0..1, chroma -0.5..0.5.
#pragma once

#include "common/plane.hpp"

namespace vsp {

struct Coding {
  Sample sample = Sample::f32;
  int bits = 32;
  bool full = false;    // full range; meaningless for half and float
  bool chroma = false;  // centred on zero
};

struct LineF64 {
  double gain, bias;
};

// code = gain * nominal + bias
inline LineF64 code_of_nominal(const Coding& coding) {
  if (coding.sample == Sample::half || coding.sample == Sample::f32) return {1.0, 0.0};
  const double step = static_cast<double>(1 << (coding.bits - 8));
  const double peak = static_cast<double>((1 << coding.bits) - 1);
  if (coding.full) return {peak, coding.chroma ? 128.0 * step : 0.0};
  return coding.chroma ? LineF64{224.0 * step, 128.0 * step} : LineF64{219.0 * step, 16.0 * step};
}

// The line from the code values of `from` to those of `to`; exactly 1 and 0 when they are coded alike.
inline Line code_to_code(const Coding& from, const Coding& to) {
  const LineF64 in = code_of_nominal(from), out = code_of_nominal(to);
  const double gain = out.gain / in.gain;
  return {static_cast<float>(gain), static_cast<float>(out.bias - in.bias * gain)};
}

}  // namespace vsp
