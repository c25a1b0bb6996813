// The builds of TileSR: one more than other kernels have, for the matrix registers.
#pragma once

#include <string>
#include <vector>

namespace vsp {

enum class TileBuild { scalar, avx2, avx512, amx };

const char* build_name(TileBuild build);
std::vector<TileBuild> available_builds();  // always starts with scalar; the last one is the best

// "auto", "" or a name. Throws std::invalid_argument with a text for people when unknown or missing on this machine.
TileBuild parse_build(const std::string& name);

inline bool is_bf16(TileBuild build) { return build == TileBuild::amx; }

}  // namespace vsp
