// The reference: the definition called for every value, in floats.
#pragma once

#include "tile_sr/conv_row.hpp"
#include "tile_sr/tile_sr.hpp"

namespace vsp::VSP_ISA {

template <class Out, int kStride>
static void conv_row_scalar(const ConvRow& row) {
  const TileLayer& layer = *row.layer;
  const auto* weights = static_cast<const float*>(layer.weights);
  for (int x = 0; x < row.count; ++x) {
    const auto sample = [&](int ky, int kx, int channel) {
      const char* block = row.in[ky] + channel / kSteps * row.block_bytes + (x + kx) * kStride;
      return reinterpret_cast<const float*>(block)[channel % kSteps];
    };
    for (int lane = 0; lane < layer.lanes_out; ++lane) {
      const float* lane_weights = weights + lane / kLanes * (9 * layer.steps * kLanes) + lane % kLanes;
      const auto weight = [&](int ky, int kx, int channel) {
        const int block = channel / kSteps, left = layer.steps - block * kSteps;
        const int here = left < kSteps ? left : kSteps;
        return lane_weights[(block * 9 * kSteps + (3 * ky + kx) * here + channel % kSteps) * kLanes];
      };
      const size_t at = lane_offset<Out>(lane, row.block_bytes) + x * kPixelBytes + lane % kLanes * sizeof(float);
      float value = convolve(sample, weight, layer.steps, layer.bias[lane]);
      const float added = row.skip != nullptr ? *reinterpret_cast<const float*>(row.skip + at) : 0.0f;
      if (row.skip != nullptr && layer.skip_first) value += added;
      if (layer.activation == Activation::relu) value = relu(value);
      if (layer.activation == Activation::prelu) value = prelu(value, layer.slope[lane]);
      if (row.skip != nullptr && !layer.skip_first) value += added;
      *reinterpret_cast<float*>(row.out + at) = value;
    }
  }
}

}  // namespace vsp::VSP_ISA
