// Back-project one plane: the job, and the call that picks the build for this CPU.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/cpu.hpp"
#include "common/plane.hpp"

namespace vsp {

// How a row of `scale * size` samples is reduced to `size`: sample i is the sum of weights[t] * row[scale * i + offset
// + t], mirrored at the edges. With the factors of D D^T = L diag L^T, a matrix of few diagonals.
struct Axis {
  int size = 0, scale = 1, offset = 0, taps = 0, band = 0;
  const float* weights = nullptr;           // taps
  const float* lower = nullptr;             // band x size: L[i + k + 1][i]
  const float* inverse_diagonal = nullptr;  // size
};

// An axis that owns its numbers. `degradation` is bicubic or area; `centre` is where sample 0 lies among the large
// samples: (scale - 1) / 2 where both grids cover the same picture.
class AxisPlan {
 public:
  AxisPlan() = default;
  AxisPlan(const std::string& degradation, int size, int scale, double centre);
  Axis view() const;

 private:
  int size_ = 0, scale_ = 1, offset_ = 0, band_ = 0;
  std::vector<float> weights_, lower_, inverse_diagonal_;
};

// Throws std::invalid_argument with the names there are.
void check_degradation(const std::string& name);

struct BackprojectJob {
  Plane clip;           // the large picture
  Line clip_to_source;  // its code values to those of `source`
  Plane source;         // what it must reduce to
  Axis x, y;
  OutPlane out;  // as large as clip, with source's samples; data == nullptr: only measure
  float* scratch = nullptr;
  float* residual = nullptr;  // one number: the largest |source - D(out)| in code values of source
};

VSP_DECLARE(backproject_plane, BackprojectJob)

// Returns the largest residual.
float backproject(BackprojectJob job, Cpu cpu);

}  // namespace vsp
