// The networks TileSR runs: a chain of 3x3 convolutions over one luma plane, each with an activation and at most one
// skip connection, and a pixel shuffle at the end. Convolutions may be INT8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vsp {

constexpr int kMostLayers = 64;

enum class Activation { none, relu, prelu };

struct Layer {
  int channels_in = 0;
  int channels_out = 0;
  std::vector<float> weights;  // [out][in][3][3]
  std::vector<float> bias;     // [out]
  Activation activation = Activation::none;
  std::vector<float> slope;  // [out], of negative values, for prelu
  int skip = -1;             // the earlier layer whose output is added, or -1
  bool skip_first = false;   // added before the activation instead of after it

  // In an INT8 network: the layer reads what the one before made as codes of 8 bits, and sums in integers.
  bool integers = false;
  float in_step = 1.0f;       // value = in_step * (code - in_zero), codes 0..255
  int in_zero = 0;            // the code of 0
  std::vector<int8_t> codes;  // weights[o] = steps[o] * codes[o]
  std::vector<float> steps;   // [out]
};

struct Network {
  std::vector<Layer> layers;
  int scale = 1;
  bool integers() const;  // whether any layer is INT8
};

// The network in an ONNX file. Throws std::runtime_error naming the operator or property that TileSR cannot run.
Network network_of_onnx(std::string_view bytes);
Network read_network(const std::string& path);

}  // namespace vsp
