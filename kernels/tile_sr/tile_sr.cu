// TileSR on the GPU, one pass: every warp takes its part of one stage, and all move on together. The macros that give a
// pass its shape are in cuda_shape.hpp, the way it works is in docs/cuda.md.
#include "tile_sr/cuda_tail.hpp"

static_assert(VSP_THREADS == vsp::portable::kThreads, "the host counts threads in another way");
static_assert(VSP_SHARED == vsp::portable::kSharedBytes, "the host counts shared memory in another way");

// Grid: strips of kStripWidth columns x bands of `band` rows. `in` is the picture (read by the head, and by a tail that
// makes a picture); `before` and `after` are layers that other passes made or read, [row][column][channel] halves.
extern "C" __global__ void __launch_bounds__(VSP_THREADS, VSP_BLOCKS)
    tile_sr(const char* in, long long in_stride, const char* before, char* after, char* out, long long out_stride,
            const uint2* fragments, const float* lanes, const float* head, int width, int height, int band,
            float in_gain, float in_bias, float out_gain, float out_bias, float strength, float overshoot, float peak) {
  using namespace vsp::portable;
#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
  extern __shared__ __align__(1024) char shared[];
#else
  char* shared = emulator::shared();
#endif
  const Strip strip(width, height, band);
  const Weights weights = {fragments, lanes, head};
  const Picture<VSP_SAMPLE> picture = {{in, in_stride}, in_gain, in_bias};
  const int warp = threadIdx.x / 32, stage = 1 + warp / kWarps;

  for (int i = threadIdx.x; i < kHeadBytes / 4; i += kThreads)
    reinterpret_cast<float*>(shared + kHeadOffset)[i] = head[i];
  for (int i = threadIdx.x; i < kTailBytes / 8; i += kThreads)
    reinterpret_cast<uint2*>(shared + kTailOffset)[i] = fragments[kInner * kLayerWords * 32 + i];
  __syncthreads();

#if VSP_HEAD
  Head<VSP_SAMPLE> source(picture, strip, weights, shared);
#else
  Reader source(before, strip, shared);
#endif
  Turn first(warp, ring_of(0));
  const bool has_first = warp < kAtOnce;
  if (has_first) source.fetch(first.tile);

#if VSP_INNER
  const Inner inner(strip, weights, shared, after, stage);
  const int start = warp % kWarps * kTurns - kLag * stage;
  Turn from(start, inner.ring_before()), to(start, inner.ring()), skip(start, inner.ring_of_skip());
#endif

#if VSP_TAIL
  const Output output = {out, out_stride, out_gain, out_bias, strength, overshoot, peak};
  const int own = kBlockWarps - 1 - warp;  // the last warps: the first ones have a tile of the first stage
  const bool has_last = own < kAtOnce;
  auto* results = reinterpret_cast<float*>(shared + kResultsOffset + own * kResultBytes);
  const Tail<VSP_SAMPLE> tail = {picture, strip, output, lanes + 2 * (kStages - 1) * kChannels, shared, results};
  Turn last(own - kLag * (kStages - 1), ring_of(kStages - 2));
#endif

  for (int step = strip.steps(); step > 0; --step) {
    if (has_first) {
      if (first.tile < strip.tiles) source.make(first.tile, first.slot);
      first.advance(kAtOnce);
      source.fetch(first.tile);  // on its way from memory while the other stages work
    }
#if VSP_INNER
    inner.make_turns(from, to, skip);
#endif
#if VSP_TAIL
    if (has_last && last.tile >= 0 && last.tile < strip.tiles) tail.make(last);
    last.advance(kAtOnce);
#endif
    __syncthreads();
  }
}
