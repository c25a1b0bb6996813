// Back-projection of one plane: reduce, solve, spread; then whole codes, repaired where rounding broke the promise.
// Built once per instruction set; the loops vectorise by themselves.
#include "backproject/backproject_rows.hpp"

#include "backproject/project.hpp"
#include "backproject/reduce.hpp"
#include "backproject/single_samples.hpp"

namespace vsp::VSP_ISA {
namespace {

constexpr int kRounds = 12;          // of projecting again what the format's range cut off, in 8 bits
constexpr int kRoundsDeep = 64;      // with more bits, in whose smaller steps single samples settle too slowly
constexpr float kRelaxation = 1.9f;  // a step beyond the projection, below 2: gets there in half the rounds

void limit_to_codes(const Work& work) {
  const size_t samples = static_cast<size_t>(work.width) * work.height;
  float* __restrict values = work.large;
  const float peak = work.peak;
  for (size_t i = 0; i < samples; ++i) {
    const float floored = values[i] > 0.0f ? values[i] : 0.0f;
    values[i] = floored < peak ? floored : peak;
  }
}

void round_to_codes(const Work& work) {
  const size_t samples = static_cast<size_t>(work.width) * work.height;
  float* __restrict values = work.large;
  for (size_t i = 0; i < samples; ++i) values[i] = static_cast<float>(static_cast<int>(values[i] + 0.5f));
}

void load(const Work& work) {
  for (int y = 0; y < work.height; ++y)
    load_row(work.job.clip, y, 0, work.width, work.job.clip_to_source, work.large_row(y));
  for (int y = 0; y < work.low_height; ++y)
    load_row(work.job.source, y, 0, work.low_width, Line{}, work.low_row(work.target, y));
}

float make_codes(const Work& work) {
  const bool sweeps = work.peak < 256.0f;
  bool settled = false;
  for (int round = 0; round < (sweeps ? kRounds : kRoundsDeep); ++round) {
    limit_to_codes(work);
    const float most = reduce(work);
    settled = most <= kSettled;
    if (settled) break;
    project(work, kRelaxation);
  }
  limit_to_codes(work);
  if (!settled && sweeps) {
    reduce(work);
    Sweep(work).run();
  }
  round_to_codes(work);
  float most = reduce(work);
  if (most > work.promise) {
    Repair(work).run();
    most = reduce(work);
  }
  return most;
}

}  // namespace

void backproject_plane(const BackprojectJob& job) {
  const Work work(job);
  load(work);
  *job.residual = reduce(work);
  if (job.out.data == nullptr) return;
  project(work);
  if (work.peak > 0.0f) {
    *job.residual = make_codes(work);
  } else {
    reduce(work);  // once more: what float sums left over
    project(work);
  }
  for (int y = 0; y < work.height; ++y) store_row(job.out, y, 0, work.width, work.large_row(y));
  if (work.peak > 0.0f) return;
  for (int y = 0; y < work.height; ++y) {  // floats are judged as stored
    const Plane stored{job.out.data, job.out.stride, work.width, work.height, job.out.sample, job.out.bits};
    load_row(stored, y, 0, work.width, Line{}, work.large_row(y));
  }
  *job.residual = reduce(work);
}

}  // namespace vsp::VSP_ISA
