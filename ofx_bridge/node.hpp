// The nodes of this bundle as data. node_table.inc is generated from the filters' signatures, because hosts scan
// plugins long before there is a Python to ask.
#pragma once

#include <cstddef>
#include <span>

namespace bridge {

struct Choice {
  const char* label;
  const char* json;              // what the worker gets
  int scale = 1;                 // how many times larger the picture becomes
  int radius = 0;                // frames looked at on each side
  const char* colourspace = "";  // OpenFX 1.5's name of the result's, where it is not the source's
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
  bool for_script = false;    // counts only while a script of the user's is the graph
};

struct Node {
  const char* identifier;
  const char* name;
  const char* label;
  const char* summary;
  const char* menu;  // where hosts list it; / makes a menu within a menu
  std::span<const Knob> knobs;
  int radius;               // frames looked at on each side, where no knob says so
  const char* colourspace;  // as a choice's
};

inline constexpr size_t most_nodes = 32;

std::span<const Node> nodes();

}  // namespace bridge
