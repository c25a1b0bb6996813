#include "node.hpp"

#include <iterator>

#ifndef VSP_NODE_TABLE  // tests bring one of their own
#define VSP_NODE_TABLE "node_table.inc"
#endif

namespace bridge {
namespace {
#include VSP_NODE_TABLE
}  // namespace

static_assert(std::size(node_table) <= most_nodes);

std::span<const Node> nodes() { return node_table; }

}  // namespace bridge
