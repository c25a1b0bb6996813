// The builds of TileSR: two more than other kernels have, because bf16 is worth instructions of its own here.
#pragma once

#include <string>
#include <vector>

namespace vsp {

enum class TileBuild { scalar, avx2, avx512, avx512bf16, amx };

const char* build_name(TileBuild build);
std::vector<TileBuild> available_builds();  // always starts with scalar; the last one is the best

// "auto", "" or a name. Throws std::invalid_argument with a text for people when unknown or missing on this machine.
TileBuild parse_build(const std::string& name);

inline bool is_bf16(TileBuild build) { return build >= TileBuild::avx512bf16; }

}  // namespace vsp
