// One render in the worker: the host's thread serves it with frames until it is done, and looks after the user's abort.
#pragma once

#include <cstdint>
#include <string>

#include "image.hpp"
#include "parameters.hpp"

namespace bridge {

struct Job {
  const char* label;
  ofxabi::Effect effect;
  ofxabi::Clip source_clip;
  ofxabi::Time time;
  int64_t frame = 0;             // the whole number at or below `time`
  int64_t first = 0, count = 0;  // the source clip's frames; count 0: the host does not say
  Image source;
  Image out;
  ofxabi::RectI result = {};  // where the result's pixels lie
  ofxabi::RectI window = {};
  bool premultiplied = false;
  double mix = 1;
  int radius = 0;
  std::string json;
};

enum class Outcome { done, aborted };

// Writes the result into job.out. Refusal: why there is none; job.out is untouched then.
Outcome render_in_worker(const Job& job);

}  // namespace bridge
