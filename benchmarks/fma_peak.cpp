// How many multiply-adds a second one core makes when nothing but registers is used: the ceiling for TileSR's builds.
// Built and run by kernels.py. Prints "name billions" per line.
#include <immintrin.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

template <class Vec, class Step>
static double peak(int lanes, Vec zero, Step step) {
  constexpr long kRounds = 1000000;
  constexpr int kSums = 12;  // enough to hide the latency, few enough for AVX2's 16 registers
  double best = 0;
  for (int trial = 0; trial < 15; ++trial) {
    Vec sums[kSums];
    for (Vec& sum : sums) sum = zero;
    const auto start = std::chrono::steady_clock::now();
    for (long i = 0; i < kRounds; ++i) {
#pragma GCC unroll 12
      for (int k = 0; k < kSums; ++k) {
        sums[k] = step(sums[k]);
        asm volatile("" : "+v"(sums[k]));
      }
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    best = std::max(best, kRounds * kSums * lanes / time.count() / 1e9);
  }
  return best;
}

int main() {
  const __m256 a = _mm256_set1_ps(0.5f);
  std::printf("avx2 %.1f\n", peak(8, _mm256_setzero_ps(), [=](__m256 sum) { return _mm256_fmadd_ps(a, a, sum); }));
#if defined(__AVX512F__)
  const __m512 b = _mm512_set1_ps(0.5f);
  std::printf("avx512 %.1f\n", peak(16, _mm512_setzero_ps(), [=](__m512 sum) { return _mm512_fmadd_ps(b, b, sum); }));
#endif
#if defined(__AVX512BF16__)
  const __m512bh c = (__m512bh)_mm512_setzero_si512();
  std::printf("avx512bf16 %.1f\n",
              peak(32, _mm512_setzero_ps(), [=](__m512 sum) { return _mm512_dpbf16_ps(sum, c, c); }));
#endif
}
