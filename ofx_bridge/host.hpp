// The host: its suites, what it announces, and its quirks. Filled by the load action.
#pragma once

#include <string>

#include "abi/names.hpp"
#include "abi/suites.hpp"
#include "quirks.hpp"

namespace bridge {

struct Host {
  ofxabi::Host* raw = nullptr;
  const ofxabi::PropertySuite* property = nullptr;
  const ofxabi::ImageEffectSuite* effect = nullptr;
  const ofxabi::ParameterSuite* parameter = nullptr;
  const ofxabi::MessageSuiteV2* message = nullptr;
  const ofxabi::ProgressSuiteV1* progress1 = nullptr;
  const ofxabi::ProgressSuiteV2* progress2 = nullptr;
  std::string name;
  bool multi_resolution = false;
  bool temporal = false;
  bool floats = true;  // false: it lists its depths and float is not among them
  bool colour_management = false;
  const Quirks* quirks = &quirks_of("");
};

Host& host();

// Fetches the suites; status::missing_host_feature if it lacks one that nothing works without.
ofxabi::Status load_host();

}  // namespace bridge
