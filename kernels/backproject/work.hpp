// What every step of back-projection works on: the planes in the scratch memory. Included by the per-instruction-set
// sources only, as the headers below it.
#pragma once

#include "backproject/backproject.hpp"
#include "backproject/backproject_rows.hpp"
#include "common/rows.hpp"

namespace vsp::VSP_ISA {
namespace {

constexpr int kBlock = 16;  // rows solved side by side

struct Work {
  const BackprojectJob& job;
  int width, height, low_width, low_height;
  float peak;     // largest code of integers; 0 for floats
  float promise;  // half a code, less what float sums may be wrong by
  float *large, *rows, *residual, *solution, *target, *padded, *phases, *block;

  explicit Work(const BackprojectJob& job)
      : job(job),
        width(job.clip.width),
        height(job.clip.height),
        low_width(job.x.size),
        low_height(job.y.size),
        peak(job.source.sample == Sample::u8 || job.source.sample == Sample::u16 ? peak_of(job.source.bits) : 0.0f),
        promise(0.495f - 6e-7f * peak) {
    const size_t low = static_cast<size_t>(low_width) * low_height;
    large = job.scratch;
    rows = large + static_cast<size_t>(width) * height;
    residual = rows + static_cast<size_t>(height) * low_width;
    solution = residual + low;
    target = solution + low;
    padded = target + low;
    phases = padded + width + 2 * (job.x.taps + 2 * job.x.scale) + 64;
    block = phases + 2 * (width + 2 * (job.x.taps + 2 * job.x.scale) + 64);
  }
  float* large_row(int y) const { return large + static_cast<size_t>(y) * width; }
  float* half_row(int y) const { return rows + static_cast<size_t>(y) * low_width; }
  float* low_row(float* plane, int y) const { return plane + static_cast<size_t>(y) * low_width; }
};

inline void add_scaled(const float* __restrict in, float weight, int count, float* __restrict out) {
  for (int i = 0; i < count; ++i) out[i] += weight * in[i];
}

inline void clear(float* out, int count) {
  for (int i = 0; i < count; ++i) out[i] = 0.0f;
}

}  // namespace
}  // namespace vsp::VSP_ISA
