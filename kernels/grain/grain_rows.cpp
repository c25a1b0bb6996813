// Grain row by row: white noise for a ring of `side` rows, filtered once for each tone a chunk of pixels has.
// Built once per instruction set; the loops vectorise by themselves.
#include "grain/grain_rows.hpp"

#include "common/rows.hpp"
#include "grain/grain.hpp"

namespace vsp::VSP_ISA {
namespace {

void noise_row(const GrainJob& job, int y, float* __restrict out) {
  const int width = grain_noise_width(job), left = job.side / 2;
  for (int x = 0; x < width; ++x) out[x] = 0.0f;
  for (int stream = 0; stream < job.stream_count; ++stream) {
    const float part = job.mix[stream];
    if (part == 0.0f) continue;
    const unsigned row = row_key(frame_key(job.seed, job.frame, static_cast<unsigned>(stream)), y);
    for (int x = 0; x < width; ++x) out[x] += part * white(row, x - left);
  }
}

// sum[x] = filter around column x; always a whole chunk, so that the sums stay in registers.
void filtered(const GrainJob& job, const float* const* rows, int x, const float* taps, float* __restrict sum) {
  float total[kGrainChunk] = {};
  for (int j = 0; j < job.side; ++j) {
    const float* __restrict noise = rows[j] + x;
    for (int i = 0; i < job.side; ++i) {
      const float tap = taps[j * job.side + i];
      for (int k = 0; k < kGrainChunk; ++k) total[k] += tap * noise[i + k];
    }
  }
  for (int k = 0; k < kGrainChunk; ++k) sum[k] = total[k];
}

struct Tone {
  float below, here, above;
};

Tone tone_at(const GrainJob& job, int index) {
  const float here = job.tones[index];
  return {index > 0 ? job.tones[index - 1] : here, here, index + 1 < job.tone_count ? job.tones[index + 1] : here};
}

// Whether any pixel of the chunk has a share of the tone: most chunks have two of all tones.
bool shares(const float* level, int count, const Tone& tone, float* __restrict share) {
  float most = 0.0f;
  for (int k = 0; k < count; ++k) {
    share[k] = share_of(level[k], tone.below, tone.here, tone.above);
    most = share[k] > most ? share[k] : most;
  }
  return most > 0.0f;
}

void grain_chunk(const GrainJob& job, const float* const* rows, int y, int x) {
  const int left = job.level.width - x, count = left < kGrainChunk ? left : kGrainChunk;
  const float* level = row_at<float>(job.level, y) + x;
  float* __restrict out = row_at<float>(job.out, y) + x;
  float share[kGrainChunk], field[kGrainChunk], total[kGrainChunk] = {};
  for (int index = 0; index < job.tone_count; ++index) {
    if (!shares(level, count, tone_at(job, index), share)) continue;
    filtered(job, rows, x, job.taps + static_cast<ptrdiff_t>(index) * job.side * job.side, field);
    for (int k = 0; k < count; ++k) total[k] += share[k] * field[k];
  }
  for (int k = 0; k < count; ++k) out[k] = total[k];
}

}  // namespace

void grain_plane(const GrainJob& job) {
  const int half = job.side / 2;
  const ptrdiff_t width = grain_noise_width(job);
  const auto slot = [&](int y) { return job.scratch + (y + half) % job.side * width; };
  for (int y = -half; y < half; ++y) noise_row(job, y, slot(y));
  const float* rows[kGrainMaxSide];
  for (int y = 0; y < job.level.height; ++y) {
    noise_row(job, y + half, slot(y + half));
    for (int j = 0; j < job.side; ++j) rows[j] = slot(y - half + j);
    for (int x = 0; x < job.level.width; x += kGrainChunk) grain_chunk(job, rows, y, x);
  }
}

}  // namespace vsp::VSP_ISA
