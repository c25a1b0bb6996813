// What particular hosts do differently from what they announce: the one table that code and docs/ofx.md read.
#pragma once

#include <string_view>

namespace bridge {

struct Quirks {
  std::string_view host;               // the beginning of the host's name
  bool unsafe_threads = false;         // ask for one render at a time
  bool no_persistent_message = false;  // its message suite says v2 and is not
  bool no_colour_management = false;   // declaring OpenFX 1.5 colour breaks it
  bool linear_pixels = false;          // its pixels are linear light unless it says otherwise
  bool swapped_red_blue = false;       // images are BGRA though they say RGBA
  std::string_view why = "";
};

const Quirks& quirks_of(std::string_view host);

}  // namespace bridge
