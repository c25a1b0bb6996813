#include "node.hpp"

namespace bridge {
namespace {
#include "node_table.inc"
}  // namespace

std::span<const Node> nodes() { return node_table; }

}  // namespace bridge
