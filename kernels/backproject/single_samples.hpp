// Where the format's range or rounding is in the way: one sample at a time. Sweep moves samples within the range,
// Repair by whole codes.
#pragma once

#include "backproject/project.hpp"

namespace vsp::VSP_ISA {
namespace {

constexpr int kSweeps = 256;       // over the few samples that are left then, one at a time
constexpr int kRepairs = 12;       // passes over the plane in whole codes
constexpr int kMoves = 24;         // steps of one code around one sample in a pass
constexpr int kMost = 64;          // large samples never touch more small ones than this along an axis
constexpr float kSettled = 0.25f;  // codes; below it rounding can do the rest

// One large sample's share in the small ones along an axis.
struct Readers {
  int index[kMost];
  float weight[kMost];
  int count = 0;

  Readers(const Axis& axis, int k) {
    for_readers(axis, k, [&](int i, int t) {
      for (int n = 0; n < count; ++n)
        if (index[n] == i) {
          weight[n] += axis.weights[t];
          return;
        }
      if (count < kMost) index[count] = i, weight[count++] = axis.weights[t];
    });
  }
};

// What works on single samples: D(large) is kept in `solution`, the residual follows from it.
struct Local {
  const Work& work;

  // D(large) where the residual says it. Where the range explains the rest it may be anything beyond: taken to be the
  // target, so that steps that make it worse are seen.
  explicit Local(const Work& work) : work(work) {
    const size_t samples = static_cast<size_t>(work.low_width) * work.low_height;
    for (size_t i = 0; i < samples; ++i) work.solution[i] = work.target[i] - work.residual[i];
  }

  float residual(int y, int x) const {
    return unexplained(work.low_row(work.target, y)[x], work.low_row(work.solution, y)[x], work.peak);
  }

  void apply(int y, int x, float step) const {
    work.large_row(y)[x] += step;
    const Readers down(work.job.y, y), across(work.job.x, x);
    for (int j = 0; j < down.count; ++j)
      for (int i = 0; i < across.count; ++i)
        work.low_row(work.solution, down.index[j])[across.index[i]] += step * down.weight[j] * across.weight[i];
  }
};

// Kaczmarz' method with bounds: each small sample in turn gets what it lacks from those of its large samples that can
// still move that way.
struct Sweep : Local {
  using Local::Local;

  template <class Body>
  void for_footprint(int y, int x, Body&& body) const {
    const Axis &down = work.job.y, &across = work.job.x;
    for (int t = 0; t < down.taps; ++t)
      for (int u = 0; u < across.taps; ++u)
        body(mirrored(down.scale * y + down.offset + t, work.height),
             mirrored(across.scale * x + across.offset + u, work.width), down.weights[t] * across.weights[u]);
  }

  float moved(float value, float change) const {
    const float sum = value + change, floored = sum > 0.0f ? sum : 0.0f;
    return floored < work.peak ? floored : work.peak;
  }

  void settle(int y, int x) const {
    const float lack = residual(y, x);
    float norm = 0.0f, all = 0.0f;
    for_footprint(y, x, [&](int row, int column, float weight) {
      const float value = work.large_row(row)[column];
      all += weight * weight;
      if (moved(value, lack * weight) != value) norm += weight * weight;
    });
    if (norm < 0.1f * all) norm = 0.1f * all;  // few that can move must not move far: others would pay for it
    for_footprint(y, x, [&](int row, int column, float weight) {
      const float value = work.large_row(row)[column];
      const float to = moved(value, lack * weight / norm);
      if (to != value) apply(row, column, to - value);
    });
  }

  void run() const {
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      bool settled = true;
      for (int y = 0; y < work.low_height; ++y)
        for (int x = 0; x < work.low_width; ++x) {
          const float lack = residual(y, x);
          if (lack <= kSettled && lack >= -kSettled) continue;
          settle(y, x);
          settled = false;
        }
      if (settled) return;
    }
  }
};

// Steps of one code where rounding broke the promise.
struct Repair : Local {
  using Local::Local;

  float cost_of(const Readers& down, const Readers& across, float step) const {
    float sum = 0.0f;
    for (int j = 0; j < down.count; ++j)
      for (int i = 0; i < across.count; ++i) {
        const int y = down.index[j], x = across.index[i];
        const float target = work.low_row(work.target, y)[x], reduced = work.low_row(work.solution, y)[x];
        const float change = step * down.weight[j] * across.weight[i];
        sum +=
            broken(unexplained(target, reduced + change, work.peak)) - broken(unexplained(target, reduced, work.peak));
      }
    return sum;
  }

  // The best step of one code near small sample (y, x); false if none helps.
  bool step_near(int y, int x) const {
    const float step = residual(y, x) > 0.0f ? 1.0f : -1.0f;
    const int scale = work.job.x.scale;
    float best = 0.0f;
    int best_y = -1, best_x = -1;
    for (int j = -1; j <= scale; ++j)
      for (int i = -1; i <= scale; ++i) {
        const int row = scale * y + j, column = scale * x + i;
        if (row < 0 || row >= work.height || column < 0 || column >= work.width) continue;
        const float value = work.large_row(row)[column] + step;
        if (value < 0.0f || value > work.peak) continue;
        const float cost = cost_of(Readers(work.job.y, row), Readers(work.job.x, column), step);
        if (cost < best) best = cost, best_y = row, best_x = column;
      }
    if (best_y < 0) return false;
    apply(best_y, best_x, step);
    return true;
  }

  bool holds(int y, int x) const {
    const float value = residual(y, x);
    return value <= work.promise && value >= -work.promise;
  }

  void run() const {
    for (int pass = 0; pass < kRepairs; ++pass) {
      bool done = true;
      for (int y = 0; y < work.low_height; ++y)
        for (int x = 0; x < work.low_width; ++x) {
          if (holds(y, x)) continue;
          bool moved = true;
          for (int move = 0; moved && move < kMoves && !holds(y, x); ++move) moved = step_near(y, x);
          done = done && !moved;
        }
      if (done) return;
    }
  }
};

}  // namespace
}  // namespace vsp::VSP_ISA
