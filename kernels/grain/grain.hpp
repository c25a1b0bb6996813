// The definition of grain, one sample at a time: noise that depends on place, frame and seed alone, and the share each
// tone has in a pixel. README.md has the rest.
#pragma once

#include "common/hd.hpp"

namespace vsp::VSP_ISA {

// Mixes 32 bits so that neighbouring inputs give unrelated outputs (two multiply-xorshift rounds).
VSP_HD unsigned mixed(unsigned h) {
  h ^= h >> 16;
  h *= 0x7feb352du;
  h ^= h >> 15;
  h *= 0x846ca68bu;
  return h ^ (h >> 16);
}

VSP_HD unsigned frame_key(unsigned seed, unsigned frame, unsigned stream) {
  return mixed(mixed(mixed(seed + 0x9e3779b9u) + frame) + stream);
}
VSP_HD unsigned row_key(unsigned frame, int y) { return mixed(frame + static_cast<unsigned>(y)); }

// The sum of four bytes: nearly Gaussian, and the same on every machine because no rounding takes part. Mean 0,
// deviation 1; the filter that follows makes it as Gaussian as can be seen.
VSP_HD float white(unsigned row, int x) {
  const unsigned h = mixed(row + static_cast<unsigned>(x));
  const int sum = static_cast<int>((h & 255u) + ((h >> 8) & 255u) + ((h >> 16) & 255u) + (h >> 24)) - 510;
  return static_cast<float>(sum) * 0.0067658635f;  // 1 / sqrt(4 (256^2 - 1) / 12)
}

// How much of the tone at `here` a pixel of this level has: 1 there, falling straight to 0 at its neighbours. The first
// and the last tone serve everything beyond them.
VSP_HD float share_of(float level, float below, float here, float above) {
  const float rise = here > below ? (level - below) / (here - below) : 1.0f;
  const float fall = above > here ? (above - level) / (above - here) : 1.0f;
  const float least = rise < fall ? rise : fall;
  const float positive = least > 0.0f ? least : 0.0f;
  const float share = positive < 1.0f ? positive : 1.0f;
  return level == level ? share : 0.0f;  // no grain where the level is no number
}

}  // namespace vsp::VSP_ISA
