// The nodes of this bundle as data. node_table.inc is generated from the filters' signatures, because hosts scan
// plugins long before there is a Python to ask.
#pragma once

#include <span>

namespace bridge {

struct Choice {
  const char* label;
  const char* json;  // what the worker gets
  int scale = 1;     // how many times larger the picture becomes
};

enum class Kind { boolean, integer, real, choice, text, file };

struct Knob {
  const char* name;
  const char* label;
  const char* hint;
  Kind kind;
  const char* text = "";  // default of text and file
  double number = 0;      // default of all others; of a choice: the number of the entry
  double low = 0, high = 0, display_low = 0, display_high = 0;
  std::span<const Choice> choices = {};
  bool animates = false;
  const char* group = "";
  const char* unset_by = "";  // boolean knob which, when true, leaves the argument to the filter
  bool argument = true;       // of the filter; false: of the bridge
};

struct Node {
  const char* identifier;
  const char* name;
  const char* label;
  const char* summary;
  std::span<const Knob> knobs;
  int temporal;  // frames needed on each side
};

std::span<const Node> nodes();

}  // namespace bridge
