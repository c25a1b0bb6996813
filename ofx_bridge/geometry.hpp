// What a host asks about a node before rendering it: sizes, regions, frames, and whether it does anything.
#pragma once

#include "abi/types.hpp"
#include "instance.hpp"
#include "parameters.hpp"

namespace bridge {

// How many times larger than its source the output is: only hosts with images of several sizes allow that.
int growth(const Settings& settings);

// The result would be the source itself.
bool is_identity(const Settings& settings, ofxabi::PropertySet arguments);

ofxabi::Status region_of_definition(Instance& instance, ofxabi::PropertySet in, ofxabi::PropertySet out);
ofxabi::Status regions_of_interest(Instance& instance, ofxabi::PropertySet in, ofxabi::PropertySet out);
ofxabi::Status frames_needed(Instance& instance, ofxabi::PropertySet in, ofxabi::PropertySet out);
ofxabi::Status output_colourspace(Instance& instance, ofxabi::PropertySet in, ofxabi::PropertySet out);
ofxabi::Status identity_action(Instance& instance, ofxabi::PropertySet in, ofxabi::PropertySet out);

}  // namespace bridge
