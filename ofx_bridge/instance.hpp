// A node in a composition: what is kept of it between actions.
#pragma once

#include <vector>

#include "abi/types.hpp"
#include "messages.hpp"
#include "node.hpp"

namespace bridge {

struct Instance {
  const Node* node;
  ofxabi::Effect effect;
  ofxabi::Clip source, output;
  std::vector<ofxabi::Param> knobs;
  StandingMessage message;
};

ofxabi::Status create_instance(const Node& node, ofxabi::Effect effect);
ofxabi::Status destroy_instance(ofxabi::Effect effect);

// The instance that the host keeps for us; Refusal where it has none.
Instance& instance_of(ofxabi::Effect effect);

}  // namespace bridge
