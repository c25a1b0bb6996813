#include "tile_sr/quantised.hpp"

#include <cmath>
#include <stdexcept>

namespace vsp::onnx {
namespace {

[[noreturn]] void refuse(const Node& node, const std::string& text) {
  throw std::runtime_error("operator " + node.op + " " + text);
}

bool is_step(float value) { return std::isfinite(value) && value > 0.0f; }

template <class Map>
auto found(const Map& map, const std::string& name) -> const typename Map::mapped_type* {
  const auto at = map.find(name);
  return at == map.end() ? nullptr : &at->second;
}

}  // namespace

const Rounded* Quantised::value(const std::string& name) const { return found(values_, name); }
const StoredWeight* Quantised::weight(const std::string& name) const { return found(weights_, name); }

const Tensor* Quantised::tensor(const Node& node, size_t index) const {
  return index < node.inputs.size() ? found(graph_.weights, node.inputs[index]) : nullptr;
}

// Scale and zero of all of a value.
Rounded Quantised::scale_of(const Node& node) const {
  const Tensor* scale = tensor(node, 1);
  const Tensor* zero = tensor(node, 2);
  if (scale == nullptr || scale->values.size() != 1 || !is_step(scale->values[0]))
    refuse(node, "whose scale is not one positive number in the file");
  if (node.inputs.size() > 2 && (zero == nullptr || zero->integers.size() != 1))
    refuse(node, "whose zero point is not one 8-bit number in the file");
  Rounded rounded{node.inputs[0], scale->values[0], 0};
  if (zero != nullptr) rounded.zero = zero->integers[0] + (zero->is_signed ? 128 : 0);
  if (rounded.zero < 0 || rounded.zero > 255) refuse(node, "whose zero point is not an 8-bit number");
  return rounded;
}

void Quantised::quantize_linear(const Node& node) {
  if (node.inputs.empty()) refuse(node, "without an input");
  codes_[node.outputs[0]] = scale_of(node);
}

void Quantised::dequantize_linear(const Node& node) {
  if (const Tensor* stored = tensor(node, 0)) return dequantize_weight(node, *stored);
  const Rounded* codes = node.inputs.empty() ? nullptr : found(codes_, node.inputs[0]);
  if (codes == nullptr) refuse(node, "of what no QuantizeLinear made");
  const Rounded back = scale_of(node);
  if (back.step != codes->step || back.zero != codes->zero) refuse(node, "with another scale than its QuantizeLinear");
  values_[node.outputs[0]] = *codes;
}

void Quantised::dequantize_weight(const Node& node, const Tensor& stored) {
  const Tensor* scale = tensor(node, 1);
  const Tensor* zero = tensor(node, 2);
  if (stored.integers.empty() || !stored.is_signed || stored.dims.empty() || stored.dims[0] < 1)
    refuse(node, "of a weight that is not int8 or int32");
  const auto channels = static_cast<size_t>(stored.dims[0]);
  const auto axis = node.attributes.find("axis");
  if (scale == nullptr || (scale->values.size() != 1 && scale->values.size() != channels))
    refuse(node, "whose scale is not one number, or one per channel out");
  if (scale->values.size() > 1 && (axis == node.attributes.end() || axis->second.number != 0))
    refuse(node, "with another axis than 0");
  if (zero != nullptr)
    for (const int32_t number : zero->integers)
      if (number != 0) refuse(node, "of a weight with a zero point other than 0");
  StoredWeight weight{stored, scale->values};
  weight.steps.resize(channels, scale->values[0]);
  for (const float step : weight.steps)
    if (!is_step(step)) refuse(node, "whose scale is not positive");
  const size_t each = stored.integers.size() / channels;
  for (size_t i = 0; i < stored.integers.size(); ++i)
    weight.tensor.values.push_back(weight.steps[i / each] * static_cast<float>(stored.integers[i]));
  weights_[node.outputs[0]] = std::move(weight);
}

}  // namespace vsp::onnx
