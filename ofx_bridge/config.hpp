// Where the worker is: Resources/worker.json beside the bundle, which `vsplugin ofx install` writes.
#pragma once

#include <string>

namespace bridge {

struct Config {
  std::string python;  // the interpreter that has vsplugin
  std::string log;     // file for what the worker prints; empty: nowhere
  double start_seconds = 60;
  double prepare_seconds = 600;  // models are loaded, and on some backends compiled
  double frame_seconds = 30;     // at least; or ten times the slowest frame so far
};

// Refusal: there is none, with what to do.
Config read_config();

}  // namespace bridge
