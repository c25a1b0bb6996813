// One RGBA pixel from one depth to another: only for showing a source of another depth when a node fails.
#pragma once

#include "image.hpp"

namespace bridge {

void convert_pixel(const void* from, Depth from_depth, void* to, Depth to_depth);

}  // namespace bridge
