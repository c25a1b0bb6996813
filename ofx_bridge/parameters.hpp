// A node's knobs: defined for the host, and read as what the worker is told.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "abi/types.hpp"
#include "node.hpp"

namespace bridge {

void define_parameters(const Node& node, ofxabi::Effect effect);

// The handles of a node's knobs in one instance, in the order of the table.
std::vector<ofxabi::Param> parameter_handles(const Node& node, ofxabi::Effect effect);

// All knobs at one time.
struct Settings {
  std::string json;              // members of a JSON object, without braces: the node, its arguments, files
  int scale = 1;                 // how many times larger than its source the result would be
  int radius = 0;                // frames needed on each side
  double mix = 1;                // 0 the source .. 1 the result
  double strength = 1;           // of the filter; 1 where it has none
  std::string colour;            // JSON: "auto", or how pixels are coded
  const char* colourspace = "";  // of the result, where it is not the source's
};

Settings read_settings(const Node& node, const std::vector<ofxabi::Param>& handles, ofxabi::Time time);

// Grey out what has no say: numbers that are left to the filter, and what only a script looks at. Only from actions
// that hosts call on their main thread.
void enable_parameters(const Node& node, const std::vector<ofxabi::Param>& handles, ofxabi::Time time);

}  // namespace bridge
