// What QuantizeLinear and DequantizeLinear nodes of an ONNX graph say: which values are rounded to 8 bits, and which
// weights are stored as integers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tile_sr/onnx.hpp"

namespace vsp::onnx {

// A value of the graph, rounded: step * (code - zero), codes 0..255. Codes of int8 are counted from -128 up.
struct Rounded {
  std::string from;
  float step = 1.0f;
  int zero = 0;
};

// A weight stored as integers: values[i] = steps[i's first dimension] * integers[i].
struct StoredWeight {
  Tensor tensor;  // with both numbers
  std::vector<float> steps;
};

class Quantised {
 public:
  explicit Quantised(const Graph& graph) : graph_(graph) {}

  // These throw std::runtime_error with one line for people.
  void quantize_linear(const Node& node);
  void dequantize_linear(const Node& node);

  // What a name stands for, or nullptr.
  const Rounded* value(const std::string& name) const;
  const StoredWeight* weight(const std::string& name) const;

 private:
  const Tensor* tensor(const Node& node, size_t index) const;
  Rounded scale_of(const Node& node) const;
  void dequantize_weight(const Node& node, const Tensor& integers);

  const Graph& graph_;
  std::map<std::string, Rounded> codes_, values_;
  std::map<std::string, StoredWeight> weights_;
};

}  // namespace vsp::onnx
