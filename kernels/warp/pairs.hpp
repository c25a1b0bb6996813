// Pairs of neighbours read one pixel at a time: two rows of them are what bilinear interpolation needs. Two 64-bit
// loads into one register and a few inserts take two thirds of the time of the gather instructions (Zen 5), and a
// quarter of going through memory.
#pragma once

#include "warp/vector.hpp"

namespace vsp::VSP_ISA {
namespace {

struct Pairs {
  Floats left, right;
};

template <class Bits>
inline Bits bits_at(const void* p) {
  Bits bits;
  std::memcpy(&bits, p, sizeof bits);
  return bits;
}

inline __m128 two_pairs(const float* a, const float* b) {
  return _mm_castpd_ps(_mm_set_pd(bits_at<double>(b), bits_at<double>(a)));
}

// 16-bit samples: each pair fills 32 bits.
template <class T>
inline __m128i four_pairs(const T* a, const T* b, const T* c, const T* d) {
  const __m128i two = _mm_insert_epi32(_mm_cvtsi32_si128(bits_at<int>(a)), bits_at<int>(b), 1);
  return _mm_insert_epi32(_mm_insert_epi32(two, bits_at<int>(c), 2), bits_at<int>(d), 3);
}

inline __m128i four_pairs(const uint8_t* a, const uint8_t* b, const uint8_t* c, const uint8_t* d) {
  const __m128i two = _mm_insert_epi16(_mm_cvtsi32_si128(bits_at<uint16_t>(a)), bits_at<uint16_t>(b), 1);
  return _mm_cvtepu16_epi32(_mm_insert_epi16(_mm_insert_epi16(two, bits_at<uint16_t>(c), 2), bits_at<uint16_t>(d), 3));
}

#if defined(__AVX512F__)

// y * stride + x * size of every lane.
inline void store_offsets(ptrdiff_t* out, Ints y, int stride, Ints x, int size) {
  const auto store = [&](int at, __m256i row, __m256i column) {
    const __m512i down = _mm512_mul_epi32(_mm512_cvtepi32_epi64(row), _mm512_set1_epi64(stride));
    const __m512i across = _mm512_mul_epi32(_mm512_cvtepi32_epi64(column), _mm512_set1_epi64(size));
    _mm512_store_si512(out + at, _mm512_add_epi64(down, across));
  };
  store(0, _mm512_castsi512_si256(y), _mm512_castsi512_si256(x));
  store(8, _mm512_extracti64x4_epi64(y, 1), _mm512_extracti64x4_epi64(x, 1));
}

inline __m512 eight_pairs(__m128 a, __m128 b, __m128 c, __m128 d) {
  const __m256 low = _mm256_insertf128_ps(_mm256_castps128_ps256(a), b, 1);
  const __m256 high = _mm256_insertf128_ps(_mm256_castps128_ps256(c), d, 1);
  return _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1);
}

template <class At>
inline Pairs pairs_at(const At& at, const float*) {
  const auto two = [&](int i) { return two_pairs(at(i), at(i + 1)); };
  const Window window = {eight_pairs(two(0), two(2), two(4), two(6)), eight_pairs(two(8), two(10), two(12), two(14))};
  const Ints even = add(lane_numbers(), lane_numbers());
  return {pick(window, even), pick(window, add(even, 1))};
}

template <class T, class At>
inline __attribute__((always_inline)) Ints pairs_of_bits(const At& at) {
  const auto four = [&](int i) { return four_pairs(at(i), at(i + 1), at(i + 2), at(i + 3)); };
  const __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(four(0)), four(4), 1);
  const __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(four(8)), four(12), 1);
  return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}
inline Ints low_bits(Ints v, int bits) { return _mm512_and_si512(v, _mm512_set1_epi32((1 << bits) - 1)); }
inline Ints high_bits(Ints v, int bits) { return _mm512_srli_epi32(v, bits); }
inline Floats floats_of_half(Ints v) { return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(v)); }

// The same of pixels whose samples lie in a window of 32 columns, all of 16 bits: one permute picks both of a pair.
inline Ints window_words(const uint8_t* p) {
  return _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
template <class T>  // of 16 bits
inline Ints window_words(const T* p) {
  return _mm512_loadu_si512(p);
}
inline Ints pair_columns(Ints column) { return _mm512_or_si512(column, _mm512_slli_epi32(add(column, 1), 16)); }
inline Ints pick_pairs(Ints window, Ints columns) { return _mm512_permutexvar_epi16(columns, window); }
inline Ints select(Mask mask, Ints yes, Ints no) { return _mm512_mask_blend_epi32(mask, no, yes); }

#else

inline void store_offsets(ptrdiff_t* out, Ints y, int stride, Ints x, int size) {
  const auto store = [&](int at, __m128i row, __m128i column) {
    const __m256i down = _mm256_mul_epi32(_mm256_cvtepi32_epi64(row), _mm256_set1_epi64x(stride));
    const __m256i across = _mm256_mul_epi32(_mm256_cvtepi32_epi64(column), _mm256_set1_epi64x(size));
    _mm256_store_si256(reinterpret_cast<__m256i*>(out + at), _mm256_add_epi64(down, across));
  };
  store(0, _mm256_castsi256_si128(y), _mm256_castsi256_si128(x));
  store(4, _mm256_extracti128_si256(y, 1), _mm256_extracti128_si256(x, 1));
}

template <class At>
inline Pairs pairs_at(const At& at, const float*) {
  const auto two = [&](int i) { return two_pairs(at(i), at(i + 1)); };
  const __m256 low = _mm256_insertf128_ps(_mm256_castps128_ps256(two(0)), two(4), 1);
  const __m256 high = _mm256_insertf128_ps(_mm256_castps128_ps256(two(2)), two(6), 1);
  return {_mm256_shuffle_ps(low, high, 0x88), _mm256_shuffle_ps(low, high, 0xdd)};
}

template <class T, class At>
inline __attribute__((always_inline)) Ints pairs_of_bits(const At& at) {
  const auto four = [&](int i) { return four_pairs(at(i), at(i + 1), at(i + 2), at(i + 3)); };
  return _mm256_inserti128_si256(_mm256_castsi128_si256(four(0)), four(4), 1);
}
inline Ints low_bits(Ints v, int bits) { return _mm256_and_si256(v, _mm256_set1_epi32((1 << bits) - 1)); }
inline Ints high_bits(Ints v, int bits) { return _mm256_srli_epi32(v, bits); }
inline Floats floats_of_half(Ints v) {
  return _mm256_cvtph_ps(_mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1)));
}

#endif

// Pairs of 32 bits, `bits` for each sample.
inline Pairs pairs_of(Ints both, int bits, const Half*) {
  return {floats_of_half(low_bits(both, bits)), floats_of_half(high_bits(both, bits))};
}
template <class T>
inline Pairs pairs_of(Ints both, int bits, const T*) {
  return {to_floats(low_bits(both, bits)), to_floats(high_bits(both, bits))};
}

template <class T, class At>
inline Pairs pairs_at(const At& at, const T* type) {
  return pairs_of(pairs_of_bits<T>(at), 8 * sizeof(T), type);
}

// Pixel `at(i)` and the one right of it, for every lane i.
template <class At>
inline Pairs pairs_at(const At& at) {
  return pairs_at(at, at(0));
}

}  // namespace
}  // namespace vsp::VSP_ISA
