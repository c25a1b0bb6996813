// AVX-512: four vectors of numbers become one of bytes.
#pragma once

#if defined(__AVX512BW__)

#include <immintrin.h>

namespace vsp::VSP_ISA {

// Of sixteen numbers each, packed as 16 bits two by two: the bytes of all first numbers, of all second ones, and so on.
// Packing limits them to 0..255.
static inline __m512i bytes_in_turn(__m512i first_two, __m512i last_two) {
  const __m512i turned = _mm512_set4_epi32(0x0f0b0703, 0x0e0a0602, 0x0d090501, 0x0c080400);
  return _mm512_shuffle_epi8(_mm512_packus_epi16(first_two, last_two), turned);
}

}  // namespace vsp::VSP_ISA

#endif
