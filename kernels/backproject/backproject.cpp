// Weights, factors and scratch memory, the same for every instruction set.
#include "backproject/backproject.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "backproject/backproject_rows.hpp"

namespace vsp {
namespace {

// Keys' cubic convolution with a = -1/2, stretched by the scale (antialiased), as MATLAB's imresize and zimg do it.
double keys(double t) {
  t = std::fabs(t);
  if (t < 1) return 1.5 * t * t * t - 2.5 * t * t + 1;
  return t < 2 ? -0.5 * t * t * t + 2.5 * t * t - 4 * t + 2 : 0;
}

double weight(bool area, double distance, int scale) {
  if (!area) return keys(distance / scale) / scale;
  const double half = 0.5 * scale;  // how much of the sample lies in the area
  return std::fmax(0.0, std::fmin(distance + 0.5, half) - std::fmax(distance - 0.5, -half)) / scale;
}

using Row = std::map<int, double>;  // large sample -> weight, mirrored ones added up

double product(const Row& a, const Row& b) {
  double sum = 0;
  for (const auto& [at, value] : a)
    if (const auto found = b.find(at); found != b.end()) sum += value * found->second;
  return sum;
}

}  // namespace

void check_degradation(const std::string& name) {
  if (name != "bicubic" && name != "area")
    throw std::invalid_argument("degradation must be bicubic or area; got " + name);
}

AxisPlan::AxisPlan(const std::string& degradation, int size, int scale, double centre) : size_(size), scale_(scale) {
  const bool area = degradation == "area";
  const double reach = area ? 0.5 * scale + 0.5 : 2.0 * scale;
  offset_ = static_cast<int>(std::floor(centre - reach)) + 1;
  const int last = static_cast<int>(std::ceil(centre + reach)) - 1;
  std::vector<double> exact;
  for (int k = offset_; k <= last; ++k) exact.push_back(weight(area, k - centre, scale));
  weights_.assign(exact.begin(), exact.end());

  std::vector<Row> rows(size);
  for (int i = 0; i < size; ++i)
    for (size_t t = 0; t < exact.size(); ++t)
      rows[i][portable::mirrored(scale * i + offset_ + static_cast<int>(t), size * scale)] += exact[t];
  band_ = std::min<int>((static_cast<int>(exact.size()) - 1) / scale, size - 1);

  // L diag L^T of the banded D D^T (Golub and Van Loan, Matrix Computations, 4.3.5).
  std::vector<double> diagonal(size), lower(static_cast<size_t>(band_) * size);
  const auto at = [&](int row, int column) -> double& {
    return lower[static_cast<size_t>(row - column - 1) * size + column];
  };
  for (int j = 0; j < size; ++j) {
    const int first = std::max(0, j - band_);
    diagonal[j] = product(rows[j], rows[j]);
    for (int k = first; k < j; ++k) diagonal[j] -= at(j, k) * at(j, k) * diagonal[k];
    for (int i = j + 1; i <= std::min(size - 1, j + band_); ++i) {
      double value = product(rows[i], rows[j]);
      for (int k = std::max(first, i - band_); k < j; ++k) value -= at(i, k) * at(j, k) * diagonal[k];
      at(i, j) = value / diagonal[j];
    }
  }
  lower_.assign(lower.begin(), lower.end());
  for (double value : diagonal) inverse_diagonal_.push_back(static_cast<float>(1.0 / value));
}

Axis AxisPlan::view() const {
  return {size_, scale_,          offset_,       static_cast<int>(weights_.size()),
          band_, weights_.data(), lower_.data(), inverse_diagonal_.data()};
}

float backproject(BackprojectJob job, Cpu cpu) {
  const size_t width = job.clip.width, height = job.clip.height, low_width = job.x.size, low_height = job.y.size;
  const size_t padded = width + 2 * (job.x.taps + 2 * job.x.scale) + 64;
  const size_t block = 16 * (low_width + 1);
  std::vector<float> scratch(width * height + height * low_width + 3 * low_width * low_height + 3 * padded + block);
  float residual = 0.0f;
  job.scratch = scratch.data();
  job.residual = &residual;
  VSP_CALL(cpu, backproject_plane, job);
  return residual;
}

}  // namespace vsp
