// The reference: the definition called for every value, in floats or, in INT8 layers, in integers.
#pragma once

#include <type_traits>

#include "tile_sr/conv_row.hpp"
#include "tile_sr/tile_sr.hpp"

namespace vsp::VSP_ISA {

// Activations and weights of one layer as numbers.
template <class In, int kStride>
class LayerNumbers {
 public:
  // Codes or floats in four bytes.
  static constexpr int kPerStep = 4 / static_cast<int>(sizeof(In));
  using Weight = std::conditional_t<sizeof(In) == 1, int8_t, float>;

  explicit LayerNumbers(const ConvRow& row) : row_(row) {}

  const In& sample(int x, int ky, int channel) const {
    constexpr int kTogether = kStride / static_cast<int>(sizeof(In));
    const size_t apart = kStride == kStepBytes ? row_.in_plane : row_.block_bytes;
    return reinterpret_cast<const In*>(row_.in[ky] + channel / kTogether * apart + x * kStride)[channel % kTogether];
  }

  // In the order of weights.hpp, groups being of kLanes.
  Weight weight(int lane, int tap, int channel) const {
    const int steps = row_.layer->steps, step = channel / kPerStep, block = step / kSteps;
    const int here = steps - block * kSteps < kSteps ? steps - block * kSteps : kSteps;
    const int at = (lane / kLanes * 9 * steps + block * 9 * kSteps + tap * here + step % kSteps) * kLanes;
    return static_cast<const Weight*>(row_.layer->weights)[(at + lane % kLanes) * kPerStep + channel % kPerStep];
  }

 private:
  const ConvRow& row_;
};

static inline float activated(const TileLayer& layer, int lane, float value) {
  if (layer.activation == Activation::relu) return relu(value);
  return layer.activation == Activation::prelu ? prelu(value, layer.slope[lane]) : value;
}

static inline void put(const OutCodes&, float value, float* out) { *out = value; }
static inline void put(const OutCodes& codes, float value, Code* out) {
  out->number = static_cast<uint8_t>(code_of(value, codes.low, codes.zero));
}

template <class Out>
static Out* place_of(const ConvRow& row, char* start, int x, int lane) {
  constexpr int kTogether = kStepBytes / static_cast<int>(sizeof(Out));
  if (row.layer->planes)
    return reinterpret_cast<Out*>(start + lane / kTogether * row.out_plane + x * kStepBytes) + lane % kTogether;
  return reinterpret_cast<Out*>(start + lane_offset<Out>(lane, row.block_bytes) + x * kPixelBytes) + lane % kLanes;
}

// Where codes are written, products are fused into sums as the vectors of the `vnni` build do: the codes are the same.
template <class Out>
static float multiply_add(float a, float b, float sum) {
  return sizeof(Out) == 1 ? __builtin_fmaf(a, b, sum) : sum + a * b;
}

template <class Out, int kStride>
static void conv_row_scalar(const ConvRow& row) {
  const TileLayer& layer = *row.layer;
  const LayerNumbers<float, kStride> numbers(row);
  for (int x = 0; x < row.count; ++x) {
    for (int lane = 0; lane < layer.lanes_out; ++lane) {
      const auto sample = [&](int ky, int kx, int channel) { return numbers.sample(x + kx, ky, channel); };
      const auto weight = [&](int ky, int kx, int channel) { return numbers.weight(lane, 3 * ky + kx, channel); };
      float value = convolve(sample, weight, layer.steps, layer.bias[lane], multiply_add<Out>);
      const float added =
          row.skip != nullptr ? *place_of<const float>(row, const_cast<char*>(row.skip), x, lane) : 0.0f;
      if (row.skip != nullptr && layer.skip_first) value += added;
      value = activated(layer, lane, value);
      if (row.skip != nullptr && !layer.skip_first) value += added;
      put(layer.codes, layer.writes_codes ? value * layer.codes.gain : value, place_of<Out>(row, row.out, x, lane));
    }
  }
}

template <class Out>
static void conv_row_scalar_codes(const ConvRow& row) {
  const TileLayer& layer = *row.layer;
  const LayerNumbers<Code, kStepBytes> numbers(row);
  const auto sum_product = [](int a, int b, int sum) { return sum + a * b; };
  for (int x = 0; x < row.count; ++x) {
    for (int lane = 0; lane < layer.lanes_out; ++lane) {
      const auto sample = [&](int ky, int kx, int channel) { return int{numbers.sample(x + kx, ky, channel).number}; };
      const auto weight = [&](int ky, int kx, int channel) { return int{numbers.weight(lane, 3 * ky + kx, channel)}; };
      const int sum = convolve(sample, weight, 4 * layer.steps, int{layer.start[lane]}, sum_product);
      const float value = activated(layer, lane, static_cast<float>(sum) * layer.gain[lane]);
      put(layer.codes, value, place_of<Out>(row, row.out, x, lane));
    }
  }
}

}  // namespace vsp::VSP_ISA
