#include "chroma/grids.hpp"

#include <cmath>
#include <map>

namespace vsp {
namespace {

using Weights = std::map<int, double>;  // sample -> weight

double catmull_rom(double x) {
  x = std::fabs(x);
  if (x < 1.0) return (1.5 * x - 2.5) * x * x + 1.0;
  return x < 2.0 ? ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0 : 0.0;
}

// The value at `position`, sample i's centre being i + 0.5, by the filter stretched `stretch` times.
Weights weights_at(double position, double stretch) {
  Weights weights;
  double total = 0.0;
  const int last = static_cast<int>(std::ceil(position + 2.0 * stretch));
  for (int i = static_cast<int>(std::floor(position - 2.0 * stretch)); i < last; ++i) {
    const double weight = catmull_rom((i + 0.5 - position) / stretch);
    if (weight == 0.0) continue;
    weights[i] = weight;
    total += weight;
  }
  for (auto& [sample, weight] : weights) weight /= total;
  return weights;
}

Taps taps_of(const Weights& weights) {
  Taps taps;
  const int first = weights.begin()->first, used = weights.rbegin()->first - first + 1;
  taps.count = (used + 3) / 4 * 4;
  taps.first = first - (taps.count - used) / 2;
  for (const auto& [sample, weight] : weights) taps.weight[sample - taps.first] = static_cast<float>(weight);
  return taps;
}

}  // namespace

ChromaAxis::ChromaAxis(int parts, int scale, double offset) : parts(parts), scale(scale) {
  reduce = taps_of(weights_at(0.5 * parts - offset, parts));
  for (int j = 0; j < scale; ++j) {
    const double centre = (j + 0.5) / scale;
    // Chroma lies before the middle by as many luma samples when they are smaller: it moves by the difference.
    enlarge[j] = taps_of(weights_at(centre + offset * (1.0 - 1.0 / scale) / parts, 1.0));
    Weights both;
    for (const auto& [large, share] : weights_at((j + 0.5) * parts - offset, parts))
      for (const auto& [sample, weight] : weights_at((large + 0.5) / scale, 1.0)) both[sample] += share * weight;
    fine[j] = taps_of(both);
    before[j] = static_cast<int>(std::floor(centre - 0.5));
    this->share[j] = static_cast<float>(centre - 0.5 - before[j]);
  }
}

double offset_across(int location, int parts) {
  const bool left = location == 0 || location == 2 || location == 4;
  return left ? 0.5 * (parts - 1) : 0.0;
}

double offset_down(int location, int parts) {
  const bool top = location == 2 || location == 3, bottom = location == 4 || location == 5;
  return top ? 0.5 * (parts - 1) : bottom ? -0.5 * (parts - 1) : 0.0;
}

}  // namespace vsp
