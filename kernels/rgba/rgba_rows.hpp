// Pixels of four interleaved samples, as OpenFX hosts have them, to planes of floats and back.
#pragma once

#include "common/cpu.hpp"
#include "common/plane.hpp"

namespace vsp {

struct UnpackJob {
  Plane packed;              // width and height in pixels; rows of 4 * width samples, stride of either sign
  OutPlane planes[4];        // float32: R, G, B and A; A may have no data
  bool swapped = false;      // B, G, R, A in memory
  uint64_t* hash = nullptr;  // of the bytes of all rows; 64 bits to tell pictures apart, no cryptography
};

struct PackJob {
  Plane planes[4];  // float32; without A, pixels are opaque
  OutPlane packed;
  bool swapped = false;
};

VSP_DECLARE(unpack_rgba, UnpackJob)
VSP_DECLARE(pack_rgba, PackJob)

}  // namespace vsp
