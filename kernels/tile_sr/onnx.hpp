// The part of an ONNX file that TileSR needs, read without a protobuf library. Every length is checked against the
// bytes that are left, so that a damaged file ends in an error and never in a wild read.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vsp::onnx {

struct Tensor {
  std::vector<int64_t> dims;
  std::vector<float> values;      // of a float32 tensor, else empty
  std::vector<int32_t> integers;  // of an int8, uint8 or int32 tensor, else empty
  bool is_signed = true;          // false for uint8
};

struct Attribute {
  int64_t number = 0;
  float real = 0.0f;
  std::string text;
  std::vector<int64_t> numbers;
};

struct Node {
  std::string op;
  std::string name;
  std::vector<std::string> inputs, outputs;
  std::map<std::string, Attribute> attributes;
};

struct Graph {
  std::vector<Node> nodes;
  std::map<std::string, Tensor> weights;
  std::vector<std::string> inputs;  // without those that are weights
  std::vector<std::string> outputs;
};

// Throws std::runtime_error with one line for people.
Graph parse(std::string_view bytes);

}  // namespace vsp::onnx
