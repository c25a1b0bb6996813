// core.vsplugin: the table of contents. Each filter's binding is kernels/<name>/vapoursynth.cpp.
#include "common/vs_filter.hpp"

VS_EXTERNAL_API(void) VapourSynthPluginInit2(VSPlugin* plugin, const VSPLUGINAPI* api) {
  api->configPlugin("org.vsplugin.kernels", "vsplugin", "Kernels of vsplugin: film and video restoration",
                    VS_MAKE_VERSION(0, 1), VAPOURSYNTH_API_VERSION, 0, plugin);
  vsp::register_warp(plugin, api);
  vsp::register_flow(plugin, api);
  vsp::register_blend(plugin, api);
  vsp::register_match(plugin, api);
  vsp::register_merge(plugin, api);
  vsp::register_guide_chroma(plugin, api);
  vsp::register_light_histogram(plugin, api);
  vsp::register_tile_sr(plugin, api);
  vsp::register_grain(plugin, api);
  vsp::register_backproject(plugin, api);
}
