// Which channels of a bf16 network deserve more than bf16.
#pragma once

#include <vector>

#include "tile_sr/network.hpp"

namespace vsp {

// Channels of one layer that are handed on in two parts, high and low, at most.
constexpr int kMostFine = 16;

// For each layer, the channels of its output (ascending) whose rounding to bf16 would cost most, `share` times as many
// as there are pairs of channels in the network. Their consumers multiply 16 bits instead of 8 there. A few channels
// carry the picture and most of the error; that is found by running the network on a small built-in picture.
std::vector<std::vector<int>> fine_channels(const Network& network, double share);

}  // namespace vsp
