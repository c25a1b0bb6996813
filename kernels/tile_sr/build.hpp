// The builds of TileSR: two more than other kernels have, for the matrix registers and for products of 8 bits.
#pragma once

#include <string>
#include <vector>

namespace vsp {

enum class TileBuild { scalar, avx2, avx512, amx, vnni };

const char* build_name(TileBuild build);

// For float networks, or for INT8 ones (scalar and vnni): always starts with scalar; the last one is the best.
std::vector<TileBuild> available_builds(bool integers);

// "auto", "" or a name. Throws std::invalid_argument with a text for people when unknown or missing on this machine.
TileBuild parse_build(const std::string& name, bool integers);

inline bool is_bf16(TileBuild build) { return build == TileBuild::amx; }

}  // namespace vsp
