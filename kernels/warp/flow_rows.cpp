// Forward-backward consistency and the enlargement of flows, row by row. Built once per instruction set.
#include "warp/flow_rows.hpp"

#include "warp/flow.hpp"
#include "warp/sample_chunk.hpp"

namespace vsp::VSP_ISA {
namespace {

void check_chunk(const ConsistencyJob& job, int x, int y, int count, Chunk& chunk) {
  const FlowPlanes flow = {job.dx, job.dy, job.confidence};
  read_flow(flow, x, y, count, chunk);
  read_confidence(flow, x, y, count, chunk);
  alignas(64) float back_dx[kChunk], back_dy[kChunk];
  sample_chunk<float>(job.back_dx, true, chunk, back_dx);
  sample_chunk<float>(job.back_dy, true, chunk, back_dy);
  const float *dx = row_at<float>(job.dx, y) + x, *dy = row_at<float>(job.dy, y) + x;
  float* __restrict out = row_at<float>(job.out, y) + x;
  for (int i = 0; i < count; ++i) {
    const float agreed = consistency(dx[i], dy[i], back_dx[i], back_dy[i], job.alpha, job.beta, job.softness);
    float fx, fy;
    int ix, iy;
    split(dx[i], 1.0f, x + i, fx, ix);
    split(dy[i], 1.0f, y, fy, iy);
    const bool meaningful =
        known(dx[i]) & known(dy[i]) & on_picture(ix, fx, job.dx.width) & on_picture(iy, fy, job.dx.height);
    out[i] = meaningful ? agreed * chunk.confidence[i] : 0.0f;
  }
}

// Two rows of the flow as one between them, undivided: the rows of `job.rows` are the members of FlowSum.
void sum_rows(const FlowResizeJob& job, int y) {
  int whole;
  float fraction;
  resized_position(y, job.dx.height, job.out_dx.height, whole, fraction);
  const int y0 = clamp_index(whole, job.dx.height), y1 = clamp_index(whole + 1, job.dx.height), width = job.dx.width;
  const float *dx0 = row_at<float>(job.dx, y0), *dx1 = row_at<float>(job.dx, y1);
  const float *dy0 = row_at<float>(job.dy, y0), *dy1 = row_at<float>(job.dy, y1);
  const bool sure = job.confidence.data == nullptr;
  const float* c0 = sure ? dx0 : row_at<float>(job.confidence, y0);
  const float* c1 = sure ? dx1 : row_at<float>(job.confidence, y1);
  float* __restrict dx = job.rows;
  float* __restrict dy = dx + width;
  float* __restrict weight = dy + width;
  float* __restrict confidence = weight + width;
  for (int x = 0; x < width; ++x) {
    const FlowSum above = weigh(dx0[x], dy0[x], sure ? 1.0f : c0[x], 1.0f - fraction);
    const FlowSum below = weigh(dx1[x], dy1[x], sure ? 1.0f : c1[x], fraction);
    dx[x] = above.dx + below.dx;
    dy[x] = above.dy + below.dy;
    weight[x] = above.weight + below.weight;
    confidence[x] = above.confidence + below.confidence;
  }
}

void resize_row(const FlowResizeJob& job, int y) {
  const int width = job.dx.width;
  const float ratio_x = static_cast<float>(job.out_dx.width) / static_cast<float>(width);
  const float ratio_y = static_cast<float>(job.out_dx.height) / static_cast<float>(job.dx.height);
  const float *dx = job.rows, *dy = dx + width, *weights = dy + width, *confidence = weights + width;
  float *out_dx = row_at<float>(job.out_dx, y), *out_dy = row_at<float>(job.out_dy, y);
  float* out_confidence = job.out_confidence.data == nullptr ? nullptr : row_at<float>(job.out_confidence, y);
  for (int x = 0; x < job.out_dx.width; ++x) {
    const int left = clamp_index(job.column[x], width), right = clamp_index(job.column[x] + 1, width);
    const float t = job.fraction[x];
    const float weight = mix(weights[left], weights[right], t);
    out_dx[x] = weight > 0.0f ? mix(dx[left], dx[right], t) / weight * ratio_x : 0.0f;
    out_dy[x] = weight > 0.0f ? mix(dy[left], dy[right], t) / weight * ratio_y : 0.0f;
    if (out_confidence != nullptr) out_confidence[x] = mix(confidence[left], confidence[right], t);
  }
}

}  // namespace

void consistency_plane(const ConsistencyJob& job) {
  Chunk chunk;
  for (int y = 0; y < job.dx.height; ++y)
    for (int x = 0; x < job.dx.width; x += kChunk)
      check_chunk(job, x, y, job.dx.width - x < kChunk ? job.dx.width - x : kChunk, chunk);
}

void resize_flow_plane(const FlowResizeJob& job) {
  for (int y = 0; y < job.out_dx.height; ++y) {
    sum_rows(job, y);
    resize_row(job, y);
  }
}

}  // namespace vsp::VSP_ISA
