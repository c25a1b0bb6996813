// D, the reduction: rows, then columns, and what it leaves of the source.
#pragma once

#include "backproject/work.hpp"

namespace vsp::VSP_ISA {
namespace {

// Samples of a phase that the taps of all small samples reach.
int phase_length(const Axis& axis) { return axis.size + (axis.taps - 1) / axis.scale + 1; }

void reduce_row(const Work& work, const float* row, float* out) {
  const Axis& axis = work.job.x;
  const int length = phase_length(axis), padded = length * axis.scale;
  const int inside = axis.offset < 0 ? -axis.offset : 0;  // of the padded row, where the picture begins
  for (int i = 0; i < inside; ++i) work.padded[i] = row[mirrored(axis.offset + i, work.width)];
  const int begin = axis.offset < 0 ? 0 : axis.offset;
  const int count = work.width - begin < padded - inside ? work.width - begin : padded - inside;
  for (int i = 0; i < count; ++i) work.padded[inside + i] = row[begin + i];
  for (int i = inside + count; i < padded; ++i) work.padded[i] = row[mirrored(axis.offset + i, work.width)];
  split(work.padded, axis.scale, length, length, work.phases);
  clear(out, axis.size);
  for (int t = 0; t < axis.taps; ++t)
    add_scaled(work.phases + (t % axis.scale) * length + t / axis.scale, axis.weights[t], axis.size, out);
}

// residual = what of target - D(large) is not explained; the largest of it.
float reduce(const Work& work) {
  const Axis& axis = work.job.y;
  for (int y = 0; y < work.height; ++y) reduce_row(work, work.large_row(y), work.half_row(y));
  float most = 0.0f;
  for (int i = 0; i < axis.size; ++i) {
    float* __restrict out = work.low_row(work.residual, i);
    const float* __restrict target = work.low_row(work.target, i);
    clear(out, work.low_width);
    for (int t = 0; t < axis.taps; ++t)
      add_scaled(work.half_row(mirrored(axis.scale * i + axis.offset + t, work.height)), axis.weights[t],
                 work.low_width, out);
    for (int x = 0; x < work.low_width; ++x) {
      out[x] = unexplained(target[x], out[x], work.peak);
      const float magnitude = out[x] < 0.0f ? -out[x] : out[x];
      most = magnitude > most ? magnitude : most;
    }
  }
  return most;
}

}  // namespace
}  // namespace vsp::VSP_ISA
