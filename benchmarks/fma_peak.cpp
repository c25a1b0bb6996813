// How many multiply-adds a second one core makes when nothing but registers is used: the ceiling for TileSR's builds.
// Built and run by kernels.py. Prints "name billions" per line.
#include <immintrin.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

// CPU time, so that other programs on the machine count little.
static double seconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

template <class Vec, class Step>
static double peak(int lanes, Vec zero, Step step) {
  constexpr long kRounds = 1000000;
  constexpr int kSums = 10;  // enough to hide the latency, few enough for AVX2's 16 registers
  double best = 0;
  for (int trial = 0; trial < 15; ++trial) {
    // Named one by one: GCC keeps an array of them in memory, which halves the pace.
    Vec s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero, s5 = zero, s6 = zero, s7 = zero, s8 = zero, s9 = zero;
    const double start = seconds();
    for (long i = 0; i < kRounds; ++i) {
      s0 = step(s0), s1 = step(s1), s2 = step(s2), s3 = step(s3), s4 = step(s4);
      s5 = step(s5), s6 = step(s6), s7 = step(s7), s8 = step(s8), s9 = step(s9);
      asm volatile("" : "+v"(s0), "+v"(s1), "+v"(s2), "+v"(s3), "+v"(s4));
      asm volatile("" : "+v"(s5), "+v"(s6), "+v"(s7), "+v"(s8), "+v"(s9));
    }
    const double time = seconds() - start;
    best = std::max(best, kRounds * kSums * lanes / time / 1e9);
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
#if defined(__AVX512VNNI__)
  const __m512i c = _mm512_set1_epi8(1);
  std::printf("vnni %.1f\n",
              peak(64, _mm512_setzero_si512(), [=](__m512i sum) { return _mm512_dpbusd_epi32(sum, c, c); }));
#endif
}
