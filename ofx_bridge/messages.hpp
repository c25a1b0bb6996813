// What the person at the host sees: one standing message per node, sent only when it changes, and a progress bar.
#pragma once

#include <mutex>
#include <string>

#include "abi/types.hpp"

namespace bridge {

class StandingMessage {
 public:
  void show(ofxabi::Effect effect, const std::string& text);
  void clear(ofxabi::Effect effect);

 private:
  std::mutex mutex_;
  std::string text_;  // stays alive while it is shown: some hosts keep the pointer
};

// Appears only when something takes long, such as a model that is compiled.
class ProgressBar {
 public:
  ProgressBar(ofxabi::Effect effect, const char* label) : effect_(effect), label_(label) {}
  ~ProgressBar();
  bool update(double fraction);  // false: the user wants to stop

 private:
  ofxabi::Effect effect_;
  const char* label_;
  bool shown_ = false;
};

}  // namespace bridge
