// Merge, one thread per sample of the output. README.md has the formula, merge.hpp the arithmetic.
// VSP_BASE, VSP_SOURCE, VSP_OUT: types of their samples.
#include "common/device.hpp"
#include "merge/merge.hpp"

namespace vsp::portable {

struct MergeSettings {
  int width, height;
  float base_gain, base_bias;  // base's code values to those of the output
  float gain;                  // strength times code values of the output per nominal unit
  int source_width, source_height;
  float source_gain, source_bias;  // source's code values to those of the output
  float overshoot, peak;
};

// The extremes of the 3x3 samples around (x, y), edges repeated, NaN left out; widened.
template <class S>
__device__ inline void bounds_at(const Image<S>& source, const MergeSettings& settings, int x, int y, float& lo,
                                 float& hi) {
  lo = kInfinity, hi = -kInfinity;
  for (int row = y - 1; row <= y + 1; ++row)
    for (int column = x - 1; column <= x + 1; ++column) {
      const int cx = column < 0 ? 0 : (column < settings.source_width ? column : settings.source_width - 1);
      const int cy = row < 0 ? 0 : (row < settings.source_height ? row : settings.source_height - 1);
      const float sample = through_line(settings.source_gain, settings.source_bias, to_float(source.at(cx, cy)));
      lo = sample < lo ? sample : lo;
      hi = sample > hi ? sample : hi;
    }
  widen(lo, hi, settings.overshoot);
}

template <class B, class S, class O>
__device__ inline void merge_sample(const Image<B>& base, const Image<float>& residual, const Image<S>& source,
                                    const OutImage<O>& out, const MergeSettings& settings) {
  const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= settings.width || y >= settings.height) return;
  float value = through_line(settings.base_gain, settings.base_bias, to_float(base.at(x, y)));
  if (residual.data != nullptr) value = add_residual(value, residual.at(x, y), settings.gain);
  if (source.data != nullptr) {
    const int scale = settings.height / settings.source_height;
    float lo, hi;
    bounds_at(source, settings, x / scale, y / scale, lo, hi);
    value = limit(value, lo, hi);
  }
  from_float(value, settings.peak, out.row(y)[x]);
}

}  // namespace vsp::portable

// Grid: one thread per sample.
extern "C" __global__ void merge(const char* base, long long base_stride, const char* residual,
                                 long long residual_stride, const char* source, long long source_stride, char* out,
                                 long long out_stride, int width, int height, float base_gain, float base_bias,
                                 float gain, int source_width, int source_height, float source_gain, float source_bias,
                                 float overshoot, float peak) {
  using namespace vsp::portable;
  const MergeSettings settings = {width,         height,      base_gain,   base_bias, gain, source_width,
                                  source_height, source_gain, source_bias, overshoot, peak};
  merge_sample<VSP_BASE, VSP_SOURCE, VSP_OUT>({base, base_stride}, {residual, residual_stride}, {source, source_stride},
                                              {out, out_stride}, settings);
}
