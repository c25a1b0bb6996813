#include "quirks.hpp"

namespace bridge {
namespace {

constexpr Quirks table[] = {
    {.host = "MLT",
     .unsafe_threads = true,
     .why = "makes an instance for every frame on several threads unless told Unsafe (melt 7.42, run)"},
    {.host = "DaVinciResolve",
     .no_persistent_message = true,
     .why = "version 14 hands out a message suite v2 with bad pointers (published reports)"},
    {.host = "uk.co.thefoundry.nuke",
     .no_colour_management = true,
     .linear_pixels = true,
     .why = "Nuke 17 shows an empty panel when a plugin declares colour management; works in linear light"},
    {.host = "fr.inria.Natron", .linear_pixels = true, .why = "converts everything it reads to linear light"},
    {.host = "com.sony.vegas", .swapped_red_blue = true, .why = "bytes come as BGRA (published reports)"},
    {.host = "com.magix.vegas", .swapped_red_blue = true, .why = "as com.sony.vegas"},
    {.host = "com.vegascreativesoftware.vegas", .swapped_red_blue = true, .why = "as com.sony.vegas"},
};

constexpr Quirks ordinary = {};

}  // namespace

const Quirks& quirks_of(std::string_view host) {
  for (const Quirks& quirks : table)
    if (host.starts_with(quirks.host)) return quirks;
  return ordinary;
}

}  // namespace bridge
