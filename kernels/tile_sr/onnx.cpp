#include "tile_sr/onnx.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace vsp::onnx {
namespace {

[[noreturn]] void damaged(const char* what) {
  throw std::runtime_error(std::string("the file is not an ONNX model or is damaged: ") + what);
}

// One protobuf field: a number, or a run of bytes.
struct Field {
  uint64_t id = 0;
  int wire = 0;  // 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes
  uint64_t number = 0;
  std::string_view bytes;

  std::string text() const { return std::string(bytes); }
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) damaged("it ends inside a number");
      const auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    damaged("a number has more than 64 bits");
  }

  std::string_view take(uint64_t count) {
    if (count > rest_.size()) damaged("it ends inside a field");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  Field field() {
    Field found;
    const uint64_t tag = varint();
    found.id = tag >> 3;
    found.wire = static_cast<int>(tag & 7);
    switch (found.wire) {
      case 0:
        found.number = varint();
        break;
      case 1:
        found.bytes = take(8);
        break;
      case 2:
        found.bytes = take(varint());
        break;
      case 5:
        found.bytes = take(4);
        break;
      default:
        damaged("it has a field of unknown kind");
    }
    return found;
  }

 private:
  std::string_view rest_;
};

float float_at(std::string_view bytes) {
  float value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// Repeated numbers come packed into one run of bytes or one by one.
void add_numbers(const Field& field, std::vector<int64_t>& out) {
  if (field.wire == 0) out.push_back(static_cast<int64_t>(field.number));
  if (field.wire != 2) return;
  for (Reader reader(field.bytes); !reader.empty();) out.push_back(static_cast<int64_t>(reader.varint()));
}

void add_floats(std::string_view bytes, std::vector<float>& out) {
  if (bytes.size() % sizeof(float) != 0) damaged("a weight ends inside a number");
  const size_t before = out.size();
  out.resize(before + bytes.size() / sizeof(float));
  if (!bytes.empty()) std::memcpy(out.data() + before, bytes.data(), bytes.size());
}

// Elements that the dimensions promise; damaged when they are negative or absurd.
uint64_t elements(const std::vector<int64_t>& dims) {
  uint64_t count = 1;
  for (const int64_t dim : dims) {
    if (dim < 0 || dim > (1 << 24)) damaged("a weight has an impossible size");
    count *= static_cast<uint64_t>(dim);
    if (count > (1u << 28)) damaged("a weight has an impossible size");
  }
  return count;
}

template <class T>
void add_integers(std::string_view bytes, std::vector<int32_t>& out) {
  if (bytes.size() % sizeof(T) != 0) damaged("a weight ends inside a number");
  for (; !bytes.empty(); bytes.remove_prefix(sizeof(T))) {
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    out.push_back(value);
  }
}

enum Type : uint64_t { kFloat32 = 1, kUint8 = 2, kInt8 = 3, kInt32 = 6 };

// The numbers of a tensor as bytes.
void add_raw(std::string_view bytes, uint64_t type, Tensor& tensor) {
  if (type == kFloat32) add_floats(bytes, tensor.values);
  if (type == kUint8) add_integers<uint8_t>(bytes, tensor.integers);
  if (type == kInt8) add_integers<int8_t>(bytes, tensor.integers);
  if (type == kInt32) add_integers<int32_t>(bytes, tensor.integers);
}

void read_tensor(std::string_view bytes, Graph& graph) {
  constexpr uint64_t kExternal = 1;
  Tensor tensor;
  std::vector<int64_t> listed;
  std::string name;
  uint64_t type = 0;
  for (Reader reader(bytes); !reader.empty();) {
    const Field field = reader.field();
    if (field.id == 1) add_numbers(field, tensor.dims);
    if (field.id == 2) type = field.number;
    if (field.id == 4 && field.wire != 0) add_floats(field.bytes, tensor.values);
    if (field.id == 5) add_numbers(field, listed);
    if (field.id == 8) name = field.text();
    if (field.id == 9) add_raw(field.bytes, type, tensor);
    if (field.id == 14 && field.number == kExternal)
      throw std::runtime_error("the weight " + name + " is stored outside the file");
  }
  if (type != kFloat32) tensor.values.clear();
  const bool integer = type == kUint8 || type == kInt8 || type == kInt32;
  if (integer)
    for (const int64_t value : listed) tensor.integers.push_back(static_cast<int32_t>(value));
  tensor.is_signed = type != kUint8;
  const size_t numbers = integer ? tensor.integers.size() : tensor.values.size();
  if ((integer || type == kFloat32) && numbers != elements(tensor.dims))
    damaged("a weight has fewer or more numbers than its size says");
  graph.weights[name] = std::move(tensor);
}

void read_attribute(std::string_view bytes, Node& node) {
  Attribute attribute;
  std::string name;
  for (Reader reader(bytes); !reader.empty();) {
    const Field field = reader.field();
    if (field.id == 1) name = field.text();
    if (field.id == 2 && field.wire == 5) attribute.real = float_at(field.bytes);
    if (field.id == 3) attribute.number = static_cast<int64_t>(field.number);
    if (field.id == 4) attribute.text = field.text();
    if (field.id == 8) add_numbers(field, attribute.numbers);
  }
  node.attributes[name] = std::move(attribute);
}

Node read_node(std::string_view bytes) {
  Node node;
  for (Reader reader(bytes); !reader.empty();) {
    const Field field = reader.field();
    if (field.id == 1) node.inputs.push_back(field.text());
    if (field.id == 2) node.outputs.push_back(field.text());
    if (field.id == 3) node.name = field.text();
    if (field.id == 4) node.op = field.text();
    if (field.id == 5) read_attribute(field.bytes, node);
  }
  return node;
}

std::string read_value_name(std::string_view bytes) {
  std::string name;
  for (Reader reader(bytes); !reader.empty();) {
    const Field field = reader.field();
    if (field.id == 1) name = field.text();
  }
  return name;
}

Graph read_graph(std::string_view bytes) {
  Graph graph;
  for (Reader reader(bytes); !reader.empty();) {
    const Field field = reader.field();
    if (field.id == 1) graph.nodes.push_back(read_node(field.bytes));
    if (field.id == 5) read_tensor(field.bytes, graph);
    if (field.id == 11) graph.inputs.push_back(read_value_name(field.bytes));
    if (field.id == 12) graph.outputs.push_back(read_value_name(field.bytes));
  }
  std::erase_if(graph.inputs, [&](const std::string& name) { return graph.weights.count(name) > 0; });
  return graph;
}

}  // namespace

Graph parse(std::string_view bytes) {
  std::string_view graph;
  bool found = false;
  for (Reader reader(bytes); !reader.empty();) {
    const Field field = reader.field();
    if (field.id != 7 || field.wire != 2) continue;
    graph = field.bytes;
    found = true;
  }
  if (!found) damaged("it has no graph");
  return read_graph(graph);
}

}  // namespace vsp::onnx
