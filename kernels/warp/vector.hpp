// The vectors of this build, sixteen or eight floats (scalar: one), and taking samples out of a window twice as wide.
// Arithmetic is the compiler's own: its vector types have operators, so that warp.hpp's formulas serve vectors as they
// are.
#pragma once

#include "common/rows.hpp"
#include "warp/warp.hpp"

// The steps of every vector must not become calls, which hand vectors over in memory: GCC gives up inlining in a
// function that holds all sample types and kernels.
#define VSP_INLINED __attribute__((always_inline))
#define VSP_PART inline VSP_INLINED
// And what is done now and then must not take their registers.
#define VSP_OUTSIDE __attribute__((noinline))

namespace vsp::VSP_ISA {
namespace {

#if defined(__AVX2__)
#if defined(__AVX512F__)

using Floats = __m512;
using Ints = __m512i;
using Mask = __mmask16;
constexpr int kLanes = 16;

inline void store_floats(float* p, Floats v) { _mm512_storeu_ps(p, v); }
inline Floats load_lanes(const uint8_t* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
inline Floats load_lanes(const uint16_t* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))));
}
inline Floats load_lanes(const Half* p) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
inline Floats load_lanes(const float* p) { return _mm512_loadu_ps(p); }

inline Ints add(Ints a, int b) { return _mm512_add_epi32(a, _mm512_set1_epi32(b)); }
inline Mask equal(Ints a, int b) { return _mm512_cmpeq_epi32_mask(a, _mm512_set1_epi32(b)); }
inline bool all(Mask mask) { return mask == 0xffff; }
inline bool any(Mask mask) { return mask != 0; }
inline bool all_below(Ints a, int limit) {  // and not negative
  return all(_mm512_cmplt_epu32_mask(a, _mm512_set1_epi32(limit)));
}
inline bool all_same(Ints a, Ints b, Ints c, Ints d) {
  return _kortestz_mask16_u8(_mm512_cmpneq_epi32_mask(a, b), _mm512_cmpneq_epi32_mask(c, d)) != 0;
}
inline bool all_zero(Ints a, Ints b) {
  return _kortestz_mask16_u8(_mm512_test_epi32_mask(a, a), _mm512_test_epi32_mask(b, b)) != 0;
}
inline Ints minus_first(Ints a) { return _mm512_sub_epi32(a, _mm512_broadcastd_epi32(_mm512_castsi512_si128(a))); }
inline Floats select(Mask mask, Floats yes, Floats no) { return _mm512_mask_blend_ps(mask, no, yes); }
inline Floats keep(Mask mask, Floats v) { return _mm512_maskz_mov_ps(mask, v); }
inline Mask is_zero(Floats v) { return _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_EQ_OQ); }
inline Mask finite(Floats v) {
  return _mm512_cmp_ps_mask(_mm512_abs_ps(v), _mm512_set1_ps(3.402823466e38f), _CMP_LE_OQ);
}

// safe_displacement() of warp.hpp: what is no number becomes 0, then the magnitude is limited and the sign kept.
inline Floats safe_displacements(Floats d) {
  constexpr int kZeroOfNan = 0x11881188, kLeastMagnitude = 2;
  const Floats number = _mm512_fixupimm_ps(d, d, _mm512_set1_epi32(kZeroOfNan), 0);
  return _mm512_range_ps(number, _mm512_set1_ps(kFarthest), kLeastMagnitude);
}
// safe_confidence() of warp.hpp. The operands' order matters: of NaN and 0, and of -0 and 0, max returns the second.
inline Floats safe_confidences(Floats c) {
  return _mm512_min_ps(_mm512_max_ps(c, _mm512_setzero_ps()), _mm512_set1_ps(1.0f));
}
inline Floats all_lanes(float value) { return _mm512_set1_ps(value); }
inline Ints floors(Floats v) { return _mm512_cvt_roundps_epi32(v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
inline Floats to_floats(Ints v) { return _mm512_cvtepi32_ps(v); }
inline Ints lane_numbers() { return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }
inline Ints add(Ints a, Ints b) { return _mm512_add_epi32(a, b); }
inline void store_ints(int* p, Ints v) { _mm512_store_si512(p, v); }
inline Floats load_some(const float* p, int count) {
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1 << count) - 1), p);
}
inline Ints lowest(Ints a, int b) { return _mm512_min_epi32(a, _mm512_set1_epi32(b)); }
inline Ints highest(Ints a, int b) { return _mm512_max_epi32(a, _mm512_set1_epi32(b)); }
inline Ints times(Ints a, int b) { return _mm512_mullo_epi32(a, _mm512_set1_epi32(b)); }
inline Mask above(Ints a, int b) { return _mm512_cmpgt_epi32_mask(a, _mm512_set1_epi32(b)); }
inline Ints load_ints(const int* p) { return _mm512_load_si512(p); }
inline Mask below(Ints a, int b) { return _mm512_cmplt_epi32_mask(a, _mm512_set1_epi32(b)); }
inline int first_of(Ints a) { return _mm512_cvtsi512_si32(a); }

// A 4x4 transpose in every 128 bits: of four vectors that hold four columns of every fourth pixel each, the columns.
inline void transpose4(Floats* v) {
  const auto pairs = [](Floats a, Floats b) { return _mm512_castps_pd(_mm512_unpacklo_ps(a, b)); };
  const auto others = [](Floats a, Floats b) { return _mm512_castps_pd(_mm512_unpackhi_ps(a, b)); };
  const __m512d a = pairs(v[0], v[1]), b = others(v[0], v[1]), c = pairs(v[2], v[3]), d = others(v[2], v[3]);
  v[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
  v[1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
  v[2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
  v[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
}

struct Window {
  Floats low, high;
};
inline Floats pick(const Window& window, Ints index) { return _mm512_permutex2var_ps(window.low, index, window.high); }
inline void evens_and_odds(Floats low, Floats high, Floats& even, Floats& odd) {
  const Ints index = add(lane_numbers(), lane_numbers());
  even = pick({low, high}, index);
  odd = pick({low, high}, add(index, 1));
}

#else

using Floats = __m256;
using Ints = __m256i;
using Mask = __m256;
constexpr int kLanes = 8;

inline void store_floats(float* p, Floats v) { _mm256_storeu_ps(p, v); }
inline Floats load_lanes(const uint8_t* p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
}
inline Floats load_lanes(const uint16_t* p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
inline Floats load_lanes(const Half* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
inline Floats load_lanes(const float* p) { return _mm256_loadu_ps(p); }

inline Ints add(Ints a, int b) { return _mm256_add_epi32(a, _mm256_set1_epi32(b)); }
inline Mask equal(Ints a, int b) { return _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, _mm256_set1_epi32(b))); }
inline bool all(Mask mask) { return _mm256_movemask_ps(mask) == 0xff; }
inline bool any(Mask mask) { return _mm256_movemask_ps(mask) != 0; }
inline bool all_below(Ints a, int limit) {  // and not negative
  return !any(_mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_max_epu32(a, _mm256_set1_epi32(limit)), a)));
}
inline bool all_same(Ints a, Ints b, Ints c, Ints d) {
  const Ints apart = _mm256_or_si256(_mm256_xor_si256(a, b), _mm256_xor_si256(c, d));
  return _mm256_testz_si256(apart, apart) != 0;
}
inline bool all_zero(Ints a, Ints b) {
  const Ints both = _mm256_or_si256(a, b);
  return _mm256_testz_si256(both, both) != 0;
}
inline Ints minus_first(Ints a) { return _mm256_sub_epi32(a, _mm256_broadcastd_epi32(_mm256_castsi256_si128(a))); }
inline Floats select(Mask mask, Floats yes, Floats no) { return _mm256_blendv_ps(no, yes, mask); }

inline Floats keep(Mask mask, Floats v) { return _mm256_and_ps(mask, v); }
inline Mask is_zero(Floats v) { return _mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_EQ_OQ); }
inline Mask finite(Floats v) {
  const Floats magnitude = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v);
  return _mm256_cmp_ps(magnitude, _mm256_set1_ps(3.402823466e38f), _CMP_LE_OQ);
}

// safe_displacement() of warp.hpp.
inline Floats safe_displacements(Floats d) {
  const Floats high = _mm256_max_ps(d, _mm256_set1_ps(-kFarthest));
  return keep(finite(d), _mm256_min_ps(high, _mm256_set1_ps(kFarthest)));
}
inline Floats safe_confidences(Floats c) {
  return _mm256_min_ps(_mm256_max_ps(c, _mm256_setzero_ps()), _mm256_set1_ps(1.0f));
}
inline Floats all_lanes(float value) { return _mm256_set1_ps(value); }
inline Ints floors(Floats v) { return _mm256_cvttps_epi32(_mm256_floor_ps(v)); }
inline Floats to_floats(Ints v) { return _mm256_cvtepi32_ps(v); }
inline Ints lane_numbers() { return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7); }
inline Ints add(Ints a, Ints b) { return _mm256_add_epi32(a, b); }
inline void store_ints(int* p, Ints v) { _mm256_store_si256(reinterpret_cast<__m256i*>(p), v); }
inline Mask below(Ints a, int b) { return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(b), a)); }
inline Floats load_some(const float* p, int count) {
  return _mm256_maskload_ps(p, _mm256_castps_si256(below(lane_numbers(), count)));
}
inline Ints lowest(Ints a, int b) { return _mm256_min_epi32(a, _mm256_set1_epi32(b)); }
inline Ints highest(Ints a, int b) { return _mm256_max_epi32(a, _mm256_set1_epi32(b)); }
inline Ints times(Ints a, int b) { return _mm256_mullo_epi32(a, _mm256_set1_epi32(b)); }
inline Mask above(Ints a, int b) { return _mm256_castsi256_ps(_mm256_cmpgt_epi32(a, _mm256_set1_epi32(b))); }
inline Ints load_ints(const int* p) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(p)); }
inline int first_of(Ints a) { return _mm256_cvtsi256_si32(a); }

inline void transpose4(Floats* v) {
  const auto pairs = [](Floats a, Floats b) { return _mm256_castps_pd(_mm256_unpacklo_ps(a, b)); };
  const auto others = [](Floats a, Floats b) { return _mm256_castps_pd(_mm256_unpackhi_ps(a, b)); };
  const __m256d a = pairs(v[0], v[1]), b = others(v[0], v[1]), c = pairs(v[2], v[3]), d = others(v[2], v[3]);
  v[0] = _mm256_castpd_ps(_mm256_unpacklo_pd(a, c));
  v[1] = _mm256_castpd_ps(_mm256_unpackhi_pd(a, c));
  v[2] = _mm256_castpd_ps(_mm256_unpacklo_pd(b, d));
  v[3] = _mm256_castpd_ps(_mm256_unpackhi_pd(b, d));
}

struct Window {
  Floats low, high;
};
inline Floats pick(const Window& window, Ints index) {
  const Mask upper = _mm256_castsi256_ps(_mm256_slli_epi32(index, 28));  // bit 3, where blendv looks
  return select(upper, _mm256_permutevar8x32_ps(window.high, index), _mm256_permutevar8x32_ps(window.low, index));
}
inline void evens_and_odds(Floats low, Floats high, Floats& even, Floats& odd) {
  const auto in_order = [](Floats halves) {
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(halves), 0xd8));
  };
  even = in_order(_mm256_shuffle_ps(low, high, 0x88));
  odd = in_order(_mm256_shuffle_ps(low, high, 0xdd));
}

#endif

template <class T>
inline Window window_at(const T* p) {
  return {load_lanes(p), load_lanes(p + kLanes)};
}

// blended() of warp.hpp, which is the scalar build's.
inline Floats blended(Floats center, Floats difference, Floats total) {
  return select(is_zero(difference), center, center + difference / total);
}

#else

using Floats = float;
constexpr int kLanes = 1;

template <class T>
inline Floats load_lanes(const T* p) {
  return to_float(*p);
}
inline Floats load_some(const float* p, int) { return *p; }
inline void store_floats(float* p, Floats v) { *p = v; }
inline Floats safe_confidences(Floats c) { return safe_confidence(c); }
inline Floats all_lanes(float value) { return value; }

#endif

inline Floats load_up_to(const float* p, int count) { return count >= kLanes ? load_lanes(p) : load_some(p, count); }

}  // namespace
}  // namespace vsp::VSP_ISA
