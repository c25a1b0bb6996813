// What a node tells the host of itself before there is any instance.
#pragma once

#include "abi/types.hpp"
#include "node.hpp"

namespace bridge {

void describe(const Node& node, ofxabi::Effect effect);
void describe_in_context(const Node& node, ofxabi::Effect effect);

}  // namespace bridge
