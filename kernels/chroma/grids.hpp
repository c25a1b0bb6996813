// Where luma and chroma samples lie, and the filters that bring the one to the grid of the other.
#pragma once

namespace vsp {

constexpr int kMostTaps = 64;
constexpr int kMostChromaScale = 16;

// A sample out is the sum of weight[k] times sample first + k; `count` is a multiple of four.
struct Taps {
  int first = 0, count = 0;
  float weight[kMostTaps] = {};
};

// One axis of a picture whose chroma samples cover `parts` luma samples each and become `scale` chroma samples. All
// filters are Catmull-Rom bicubic, stretched where they reduce, as resize.Bicubic makes them.
struct ChromaAxis {
  int parts, scale;
  Taps reduce;                     // from luma sample parts * i on: luma on the grid of chroma sample i
  Taps enlarge[kMostChromaScale];  // from chroma sample i on: the j-th of those it becomes
  Taps fine[kMostChromaScale];     // from luma sample parts * i on: enlarged luma on the grid of the same
  int before[kMostChromaScale];    // the chroma sample before the j-th one's centre, from i on ...
  float share[kMostChromaScale];   // ... and the share of the one after it, both grids taken as centred

  // `offset`: how far chroma lies before the middle of the luma samples it covers, in luma samples.
  ChromaAxis(int parts, int scale, double offset);
};

// Offset of chroma by _ChromaLocation (H.273, 0..5: left, centre, top left, top, bottom left, bottom).
double offset_across(int location, int parts);
double offset_down(int location, int parts);

}  // namespace vsp
