// The render action: a frame of the output clip, from the worker or, where there is nothing to do or it fails, from the
// source.
#pragma once

#include "abi/types.hpp"
#include "instance.hpp"

namespace bridge {

ofxabi::Status render(Instance& instance, ofxabi::PropertySet arguments);

}  // namespace bridge
