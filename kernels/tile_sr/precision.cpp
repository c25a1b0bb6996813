#include "tile_sr/precision.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace vsp {
namespace {

constexpr int kSide = 48, kArea = kSide * kSide;

using Planes = std::vector<float>;  // [channel][y][x]

// Checks, a moire of all frequencies, and noise: edges of every kind over all brightnesses.
Planes calibration_picture() {
  Planes picture(kArea);
  uint32_t seed = 1;
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x) {
      seed = seed * 1664525u + 1013904223u;
      const float checks = (x / 6 + y / 9) % 2 ? 0.25f : -0.25f;
      const float waves = 0.15f * std::sin(static_cast<float>(x * y) / 40.0f);
      const float noise = 0.2f * (static_cast<float>(seed >> 8) / 16777216.0f - 0.5f);
      picture[y * kSide + x] = 0.5f + checks + waves + noise;
    }
  return picture;
}

void add_tap(const float* in, float weight, int dy, int dx, float* out) {
  for (int y = std::max(0, -dy); y < std::min(kSide, kSide - dy); ++y)
    for (int x = std::max(0, -dx); x < std::min(kSide, kSide - dx); ++x)
      out[y * kSide + x] += weight * in[(y + dy) * kSide + x + dx];
}

void add_planes(const Planes& other, Planes& planes) {
  for (size_t i = 0; i < planes.size(); ++i) planes[i] += other[i];
}

Planes run_layer(const Layer& layer, const Planes& in, const std::vector<Planes>& made) {
  Planes out(static_cast<size_t>(layer.channels_out) * kArea);
  for (int o = 0; o < layer.channels_out; ++o) {
    float* plane = out.data() + static_cast<size_t>(o) * kArea;
    std::fill(plane, plane + kArea, layer.bias[o]);
    for (int i = 0; i < layer.channels_in; ++i)
      for (int tap = 0; tap < 9; ++tap)
        add_tap(in.data() + static_cast<size_t>(i) * kArea,
                layer.weights[(static_cast<size_t>(o) * layer.channels_in + i) * 9 + tap], tap / 3 - 1, tap % 3 - 1,
                plane);
  }
  if (layer.skip >= 0 && layer.skip_first) add_planes(made[layer.skip], out);
  for (size_t i = 0; i < out.size() && layer.activation != Activation::none; ++i)
    if (out[i] < 0.0f) out[i] *= layer.activation == Activation::relu ? 0.0f : layer.slope[i / kArea];
  if (layer.skip >= 0 && !layer.skip_first) add_planes(made[layer.skip], out);
  return out;
}

// The part of the next layer's signal that comes through each channel: its error, relative to the signal, is the same
// part of bf16's. Errors made early pass through more layers, so they weigh more.
std::vector<double> weigh(const Planes& planes, const Layer& next, double weight) {
  std::vector<double> parts(next.channels_in);
  double sum = 0.0;
  for (int c = 0; c < next.channels_in; ++c) {
    double power = 0.0, gain = 0.0;
    for (int i = 0; i < kArea; ++i) power += std::pow(planes[static_cast<size_t>(c) * kArea + i], 2);
    for (int o = 0; o < next.channels_out; ++o)
      for (int tap = 0; tap < 9; ++tap)
        gain += std::pow(next.weights[(static_cast<size_t>(o) * next.channels_in + c) * 9 + tap], 2);
    parts[c] = power * gain;
    sum += parts[c];
  }
  // Weights may be anything, NaN too; the sort below needs numbers.
  for (double& part : parts) part = sum > 0.0 && std::isfinite(part / sum) ? weight * part / sum : 0.0;
  return parts;
}

struct Candidate {
  double score;
  int layer, channel;
};

}  // namespace

std::vector<std::vector<int>> fine_channels(const Network& network, double share) {
  const int count = static_cast<int>(network.layers.size());
  std::vector<std::vector<int>> fine(count);
  std::vector<Planes> made;
  std::vector<Candidate> candidates;
  int pairs = 0;
  // Not the last two: what the last layer reads weighs least, and that layer has a packing of its own.
  for (int index = 0; index + 2 < count; ++index) {
    made.push_back(run_layer(network.layers[index], index == 0 ? calibration_picture() : made.back(), made));
    const std::vector<double> scores = weigh(made.back(), network.layers[index + 1], 1.0 - double(index) / count);
    for (int c = 0; c < network.layers[index].channels_out; ++c) candidates.push_back({scores[c], index, c});
    pairs += (network.layers[index].channels_out + 1) / 2;
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  int left = static_cast<int>(share * pairs);
  for (const Candidate& one : candidates) {
    if (left <= 0 || one.score <= 0.0) break;
    if (fine[one.layer].size() >= kMostFine) continue;
    fine[one.layer].push_back(one.channel);
    --left;
  }
  for (std::vector<int>& channels : fine) std::sort(channels.begin(), channels.end());
  return fine;
}

}  // namespace vsp
