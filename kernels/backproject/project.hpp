// The least-squares step: large += D^T (D D^T)^-1 residual.
#pragma once

#include "backproject/reduce.hpp"

namespace vsp::VSP_ISA {
namespace {

// In place: plane -> (L diag L^T)^-1 plane along y; whole rows at a time.
void solve_down(const Work& work, float* plane) {
  const Axis& axis = work.job.y;
  for (int i = 0; i < axis.size; ++i)
    for (int k = 1; k <= axis.band && k <= i; ++k)
      add_scaled(work.low_row(plane, i - k), -axis.lower[(k - 1) * axis.size + i - k], work.low_width,
                 work.low_row(plane, i));
  for (int i = axis.size - 1; i >= 0; --i) {
    float* __restrict row = work.low_row(plane, i);
    for (int x = 0; x < work.low_width; ++x) row[x] *= axis.inverse_diagonal[i];
    for (int k = 1; k <= axis.band && i + k < axis.size; ++k)
      add_scaled(work.low_row(plane, i + k), -axis.lower[(k - 1) * axis.size + i], work.low_width, row);
  }
}

void solve_block(const Axis& axis, float* __restrict block) {
  for (int i = 0; i < axis.size; ++i)
    for (int k = 1; k <= axis.band && k <= i; ++k)
      for (int r = 0; r < kBlock; ++r)
        block[i * kBlock + r] -= axis.lower[(k - 1) * axis.size + i - k] * block[(i - k) * kBlock + r];
  for (int i = axis.size - 1; i >= 0; --i) {
    for (int r = 0; r < kBlock; ++r) block[i * kBlock + r] *= axis.inverse_diagonal[i];
    for (int k = 1; k <= axis.band && i + k < axis.size; ++k)
      for (int r = 0; r < kBlock; ++r)
        block[i * kBlock + r] -= axis.lower[(k - 1) * axis.size + i] * block[(i + k) * kBlock + r];
  }
}

// The same along x, for sixteen rows at a time.
void solve_across(const Work& work, float* plane) {
  for (int y = 0; y < work.low_height; y += kBlock) {
    const int count = work.low_height - y < kBlock ? work.low_height - y : kBlock;
    clear(work.block, kBlock * work.low_width);
    for (int r = 0; r < count; ++r)
      for (int x = 0; x < work.low_width; ++x) work.block[x * kBlock + r] = work.low_row(plane, y + r)[x];
    solve_block(work.job.x, work.block);
    for (int r = 0; r < count; ++r)
      for (int x = 0; x < work.low_width; ++x) work.low_row(plane, y + r)[x] = work.block[x * kBlock + r];
  }
}

// Calls body(i, t) for every small sample i whose tap t reads large sample k, mirrored reads included.
template <class Body>
inline void for_readers(const Axis& axis, int k, Body&& body) {
  const int large = axis.size * axis.scale, first = axis.offset,
            last = (axis.size - 1) * axis.scale + axis.offset + axis.taps - 1;
  for (int period = -2 * large * (1 + (-first) / (2 * large)); period <= last + 2 * large; period += 2 * large)
    for (int side = 0; side < 2; ++side) {
      const int at = side == 0 ? period + k : period - 1 - k;
      if (at < first || at > last) continue;
      const int low = at - axis.offset - axis.taps + 1;  // scale * i >= low
      int i = low <= 0 ? 0 : (low + axis.scale - 1) / axis.scale;
      for (; i < axis.size && axis.scale * i + axis.offset <= at; ++i) body(i, at - axis.offset - axis.scale * i);
    }
}

// large row += the horizontal adjoint of `in`.
void spread_row(const Work& work, const float* in, float* row) {
  const Axis& axis = work.job.x;
  const int length = phase_length(axis), padded = length * axis.scale;
  clear(work.phases, padded);
  for (int t = 0; t < axis.taps; ++t)
    add_scaled(in, axis.weights[t], axis.size, work.phases + (t % axis.scale) * length + t / axis.scale);
  join(work.phases, axis.scale, length, length, work.padded);
  for (int i = 0; i < padded; ++i) {
    const int at = axis.offset + i;
    if (at >= 0 && at < work.width) continue;
    row[mirrored(at, work.width)] += work.padded[i];
  }
  const int begin = axis.offset < 0 ? 0 : axis.offset;
  const int end = axis.offset + padded < work.width ? axis.offset + padded : work.width;
  const float* __restrict from = work.padded + (begin - axis.offset);
  float* __restrict to = row + begin;
  for (int i = 0; i < end - begin; ++i) to[i] += from[i];
}

// large += D^T solution
void spread(const Work& work) {
  float* row = work.block;
  for (int y = 0; y < work.height; ++y) {
    clear(row, work.low_width);
    for_readers(work.job.y, y, [&](int i, int t) {
      add_scaled(work.low_row(work.solution, i), work.job.y.weights[t], work.low_width, row);
    });
    spread_row(work, row, work.large_row(y));
  }
}

// The nearest large picture (least squares) whose reduction is the target: large += D^T (D D^T)^-1 residual.
void project(const Work& work, float step = 1.0f) {
  const size_t samples = static_cast<size_t>(work.low_width) * work.low_height;
  for (size_t i = 0; i < samples; ++i) work.solution[i] = step * work.residual[i];
  solve_down(work, work.solution);
  solve_across(work, work.solution);
  spread(work);
}

}  // namespace
}  // namespace vsp::VSP_ISA
