// Why something cannot be done, for the person at the host: thrown inside, never across the border.
#pragma once

#include <string>
#include <utility>

#include "abi/types.hpp"

namespace bridge {

struct Refusal {
  ofxabi::Status status;
  std::string text;
};

[[noreturn]] inline void refuse(ofxabi::Status status, std::string text) { throw Refusal{status, std::move(text)}; }

}  // namespace bridge
