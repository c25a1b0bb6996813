#include "tile_sr/network.hpp"

#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

#include "tile_sr/onnx.hpp"
#include "tile_sr/quantised.hpp"

namespace vsp {
namespace {

constexpr int kMaxChannels = 256, kMaxScale = 4;

[[noreturn]] void refuse(const std::string& text) { throw std::runtime_error(text); }

bool all_are(const std::vector<int64_t>& values, int64_t wanted) {
  for (const int64_t value : values)
    if (value != wanted) return false;
  return true;
}

// Turns the nodes, which ONNX keeps in the order they run, into layers.
class Builder {
 public:
  explicit Builder(const onnx::Graph& graph) : graph_(graph), quantised_(graph) {
    if (graph.inputs.size() != 1 || graph.outputs.size() != 1)
      refuse("a network with " + std::to_string(graph.inputs.size()) + " inputs and " +
             std::to_string(graph.outputs.size()) + " outputs; TileSR runs one plane to one plane");
    made_[graph.inputs[0]] = -1;
  }

  Network build() {
    for (const onnx::Node& node : graph_.nodes) add(node);
    if (network_.layers.empty()) refuse("a network without Conv");
    if (!made_.count(graph_.outputs[0]) || made_[graph_.outputs[0]] != last())
      refuse("the output " + graph_.outputs[0] + " does not come from the last layer");
    if (network_.layers.back().skip >= 0) refuse("operator Add after the last Conv");
    if (network_.integers()) check_integers();
    const int planes = network_.layers.back().channels_out;
    if (planes != network_.scale * network_.scale)
      refuse("the last Conv makes " + std::to_string(planes) + " channels; one plane at scale " +
             std::to_string(network_.scale) + " needs " + std::to_string(network_.scale * network_.scale));
    return std::move(network_);
  }

 private:
  void add(const onnx::Node& node) {
    if (node.outputs.size() != 1) refuse("operator " + node.op + " with several outputs");
    if (node.op == "DequantizeLinear") return quantised_.dequantize_linear(node);
    if (node.op == "QuantizeLinear") return quantised_.quantize_linear(node);
    if (shuffled_) refuse("operator " + node.op + " after DepthToSpace");
    if (node.op == "Conv") return conv(node);
    if (node.op == "Relu") return activation(node, Activation::relu);
    if (node.op == "PRelu" || node.op == "LeakyRelu") return activation(node, Activation::prelu);
    if (node.op == "Add") return add_skip(node);
    if (node.op == "DepthToSpace") return shuffle(node);
    refuse("operator " + node.op + "; TileSR runs Conv, Relu, LeakyRelu, PRelu, Add and DepthToSpace");
  }

  void check_integers() const {
    if (network_.layers[0].integers) refuse("operator QuantizeLinear of the picture; TileSR reads it in float");
    for (const Layer& layer : network_.layers)
      if (layer.skip >= 0) refuse("operator Add in an INT8 network; TileSR runs chains in integers");
  }

  int last() const { return static_cast<int>(network_.layers.size()) - 1; }

  // The layer that made an input of the node.
  int source(const onnx::Node& node, size_t index) const {
    const std::string name = index < node.inputs.size() ? node.inputs[index] : "";
    if (quantised_.value(name) != nullptr)
      refuse("operator " + node.op + " of a value rounded to 8 bits; only Conv may read one");
    return source_of(node, name);
  }
  int source_of(const onnx::Node& node, const std::string& name) const {
    const auto found = made_.find(name);
    if (found == made_.end()) refuse("operator " + node.op + " reads a value that no layer ends with");
    return found->second;
  }

  Layer& last_layer(const onnx::Node& node, int made_by) {
    if (made_by != last() || made_by < 0)
      refuse("operator " + node.op + " does not follow the layer before it; TileSR runs chains");
    return network_.layers.back();
  }

  // The value has a new name; the old one is no longer the layer's final output.
  void rename(const onnx::Node& node, const std::string& before) {
    made_.erase(before);
    made_[node.outputs[0]] = last();
  }

  const onnx::Tensor& weight(const onnx::Node& node, size_t index) const {
    const std::string name = index < node.inputs.size() ? node.inputs[index] : "";
    if (const onnx::StoredWeight* stored = quantised_.weight(name)) return stored->tensor;
    const auto found = graph_.weights.find(name);
    if (found == graph_.weights.end() || found->second.values.empty())
      refuse("operator " + node.op + " without float32 weights in the file");
    return found->second;
  }

  void require(const onnx::Node& node, const char* name, int64_t wanted) const {
    const auto found = node.attributes.find(name);
    if (found == node.attributes.end()) return;
    const onnx::Attribute& value = found->second;
    if (value.numbers.empty() ? value.number != wanted : !all_are(value.numbers, wanted))
      refuse("operator " + node.op + " with other " + name + " than " + std::to_string(wanted) +
             "; TileSR runs 3x3 convolutions with padding 1");
  }

  void conv(const onnx::Node& node) {
    const onnx::Rounded* codes = node.inputs.empty() ? nullptr : quantised_.value(node.inputs[0]);
    const int input = codes != nullptr ? source_of(node, codes->from) : source(node, 0);
    if (input != last()) refuse("operator Conv does not follow the layer before it; TileSR runs chains");
    if (last() + 1 >= kMostLayers) refuse("more than " + std::to_string(kMostLayers) + " layers");
    const onnx::Tensor& weights = weight(node, 1);
    if (weights.dims.size() != 4 || weights.dims[2] != 3 || weights.dims[3] != 3)
      refuse("operator Conv with a kernel that is not 3x3");
    if (!node.attributes.count("pads") || node.attributes.at("pads").numbers.size() != 4)
      refuse("operator Conv without pads; TileSR runs 3x3 convolutions with padding 1");
    const auto automatic = node.attributes.find("auto_pad");
    if (automatic != node.attributes.end() && automatic->second.text != "NOTSET")
      refuse("operator Conv with auto_pad; TileSR runs 3x3 convolutions with padding 1");
    require(node, "kernel_shape", 3);
    require(node, "pads", 1);
    require(node, "strides", 1);
    require(node, "dilations", 1);
    require(node, "group", 1);
    Layer layer;
    const int64_t planes = last() < 0 ? 1 : network_.layers.back().channels_out;
    if (weights.dims[1] != planes)
      refuse("operator Conv takes " + std::to_string(weights.dims[1]) + " channels but gets " + std::to_string(planes));
    if (weights.dims[0] < 1 || weights.dims[0] > kMaxChannels)
      refuse("operator Conv with " + std::to_string(weights.dims[0]) + " channels; TileSR runs up to " +
             std::to_string(kMaxChannels));
    layer.channels_in = static_cast<int>(planes);
    layer.channels_out = static_cast<int>(weights.dims[0]);
    layer.weights = weights.values;
    layer.bias.assign(layer.channels_out, 0.0f);
    if (node.inputs.size() > 2 && !node.inputs[2].empty()) layer.bias = weight(node, 2).values;
    if (static_cast<int>(layer.bias.size()) != layer.channels_out) refuse("operator Conv with a bias of another size");
    if (codes != nullptr) read_integers(node, *codes, layer);
    network_.layers.push_back(std::move(layer));
    made_[node.outputs[0]] = last();
  }

  // Codes in and stored weights make an INT8 layer.
  void read_integers(const onnx::Node& node, const onnx::Rounded& codes, Layer& layer) const {
    const onnx::StoredWeight* stored = quantised_.weight(node.inputs[1]);
    if (stored == nullptr) refuse("operator Conv of a value rounded to 8 bits with float weights");
    for (const int32_t number : stored->tensor.integers) {
      if (number < -128 || number > 127) refuse("operator Conv with weights that are not int8");
      layer.codes.push_back(static_cast<int8_t>(number));
    }
    layer.integers = true;
    layer.in_step = codes.step;
    layer.in_zero = codes.zero;
    layer.steps = stored->steps;
  }

  void activation(const onnx::Node& node, Activation kind) {
    Layer& layer = last_layer(node, source(node, 0));
    if (layer.activation != Activation::none || (layer.skip >= 0 && !layer.skip_first))
      refuse("operator " + node.op + " after another activation");
    layer.activation = kind;
    if (node.op == "LeakyRelu") {
      const auto alpha = node.attributes.find("alpha");
      layer.slope.assign(layer.channels_out, alpha == node.attributes.end() ? 0.01f : alpha->second.real);
    } else if (kind == Activation::prelu) {
      layer.slope = weight(node, 1).values;
      if (layer.slope.size() == 1) layer.slope.assign(layer.channels_out, layer.slope[0]);
      if (static_cast<int>(layer.slope.size()) != layer.channels_out)
        refuse("operator PRelu with slopes that are not one per channel");
    }
    rename(node, node.inputs[0]);
  }

  void add_skip(const onnx::Node& node) {
    const int a = source(node, 0), b = source(node, 1);
    const bool first_is_new = a > b;
    const int earlier = first_is_new ? b : a;
    Layer& layer = last_layer(node, first_is_new ? a : b);
    if (earlier < 0) refuse("operator Add of the input; TileSR adds outputs of layers");
    if (a == b || layer.skip >= 0) refuse("operator Add of more than one earlier layer");
    if (network_.layers[earlier].channels_out != layer.channels_out)
      refuse("operator Add of layers with different channels");
    layer.skip = earlier;
    layer.skip_first = layer.activation == Activation::none;
    rename(node, node.inputs[first_is_new ? 0 : 1]);
  }

  void shuffle(const onnx::Node& node) {
    last_layer(node, source(node, 0));
    const auto size = node.attributes.find("blocksize");
    const int64_t scale = size == node.attributes.end() ? 0 : size->second.number;
    if (scale < 1 || scale > kMaxScale)
      refuse("operator DepthToSpace with blocksize " + std::to_string(scale) + "; TileSR runs 1 to " +
             std::to_string(kMaxScale));
    // One plane comes out, so the two modes of the operator (CRD and DCR) mean the same.
    network_.scale = static_cast<int>(scale);
    shuffled_ = true;
    rename(node, node.inputs[0]);
  }

  const onnx::Graph& graph_;
  onnx::Quantised quantised_;
  Network network_;
  std::map<std::string, int> made_;  // names of the final outputs of layers; -1 is the input
  bool shuffled_ = false;
};

// Names in a damaged file may hold anything; messages are one line of plain text.
std::string printable(std::string text) {
  for (char& letter : text)
    if (letter < ' ' || letter > '~') letter = '?';
  return text;
}

}  // namespace

bool Network::integers() const {
  for (const Layer& layer : layers)
    if (layer.integers) return true;
  return false;
}

Network network_of_onnx(std::string_view bytes) {
  try {
    const onnx::Graph graph = onnx::parse(bytes);
    return Builder(graph).build();
  } catch (const std::runtime_error& error) {
    refuse(printable(error.what()));
  }
}

Network read_network(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) refuse("cannot be read");
  return network_of_onnx(bytes);
}

}  // namespace vsp
