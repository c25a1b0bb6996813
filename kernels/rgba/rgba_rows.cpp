// Unpacking and packing, row by row in chunks that stay in the first-level cache. Built once per instruction set.
#include "rgba/rgba_rows.hpp"

#include <cstring>

#include "common/rows.hpp"

namespace vsp::VSP_ISA {
namespace {

constexpr int kChunk = 512;  // pixels
constexpr float kInfinity = 65504.0f;

// Codes of integers are 0..1 as floats; both depths hold every code through the way there and back.
Line line_of(const BasicPlane<const void>& packed) {
  return packed.sample == Sample::u8    ? Line{1.0f / 255.0f, 0.0f}
         : packed.sample == Sample::u16 ? Line{1.0f / 65535.0f, 0.0f}
                                        : Line{};
}

float peak_of_sample(Sample sample) { return sample == Sample::u8 ? 255.0f : sample == Sample::u16 ? 65535.0f : 1.0f; }

// One NaN or infinity would spread over everything that a network sees around it. All other values stay.
inline float finite(float value) {
  constexpr float largest = 3.4028235e38f;
  const float number = value == value ? value : 0.0f;
  const float below = number <= largest ? number : kInfinity;
  return below >= -largest ? below : -kInfinity;
}

// Four independent lanes, so that multiplications overlap.
struct Hash {
  uint64_t lanes[4] = {0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu, 0xd6e8feb86659fd93u};

  void add(const void* bytes, size_t count) {
    const char* at = static_cast<const char*>(bytes);
    for (; count >= 32; count -= 32, at += 32)
      for (int lane = 0; lane < 4; ++lane) mix(lane, at + 8 * lane, 8);
    for (int lane = 0; count > 0; ++lane) {
      const size_t part = count < 8 ? count : 8;
      mix(lane, at, part);
      at += part;
      count -= part;
    }
  }

  uint64_t value() const {
    uint64_t out = 0;
    for (uint64_t lane : lanes) out = (out ^ lane ^ (lane >> 29)) * 0xff51afd7ed558ccdu;
    return out ^ (out >> 32);
  }

 private:
  void mix(int lane, const char* at, size_t bytes) {
    uint64_t word = 0;
    std::memcpy(&word, at, bytes);
    lanes[lane] = (lanes[lane] ^ word) * 0x9fb21c651e98df25u;
    lanes[lane] ^= lanes[lane] >> 28;
  }
};

}  // namespace

void unpack_rgba(const UnpackJob& job) {
  const Plane& packed = job.packed;
  const Line line = line_of(packed);
  const int order[4] = {job.swapped ? 2 : 0, 1, job.swapped ? 0 : 2, 3};
  alignas(64) float samples[4 * kChunk];
  Hash hash;
  for (int y = 0; y < packed.height; ++y) {
    if (job.hash)
      hash.add(row_at<uint8_t>(packed, y), 4 * sample_bytes(packed.sample) * static_cast<size_t>(packed.width));
    for (int x = 0; x < packed.width; x += kChunk) {
      const int count = packed.width - x < kChunk ? packed.width - x : kChunk;
      load_row(packed, y, 4 * x, 4 * count, line, samples);
      for (int plane = 0; plane < 4; ++plane) {
        if (!job.planes[plane].data) continue;
        float* __restrict out = row_at<float>(job.planes[plane], y) + x;
        const float* __restrict in = samples + order[plane];
        for (int i = 0; i < count; ++i) out[i] = finite(in[4 * i]);
      }
    }
  }
  if (job.hash) *job.hash = hash.value();
}

void pack_rgba(const PackJob& job) {
  const OutPlane& packed = job.packed;
  const float peak = peak_of_sample(packed.sample);
  const int order[4] = {job.swapped ? 2 : 0, 1, job.swapped ? 0 : 2, 3};
  alignas(64) float samples[4 * kChunk];
  for (int y = 0; y < packed.height; ++y) {
    for (int x = 0; x < packed.width; x += kChunk) {
      const int count = packed.width - x < kChunk ? packed.width - x : kChunk;
      for (int plane = 0; plane < 4; ++plane) {
        float* __restrict out = samples + order[plane];
        if (!job.planes[plane].data) {
          for (int i = 0; i < count; ++i) out[4 * i] = peak;
          continue;
        }
        const float* __restrict in = row_at<float>(job.planes[plane], y) + x;
        for (int i = 0; i < count; ++i) out[4 * i] = in[i] * peak;
      }
      store_row(packed, y, 4 * x, 4 * count, samples);
    }
  }
}

}  // namespace vsp::VSP_ISA
