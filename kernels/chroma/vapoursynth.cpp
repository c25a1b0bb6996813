// core.vsplugin.GuideChroma
#include <cmath>

#include "chroma/chroma_rows.hpp"
#include "common/vs_filter.hpp"

namespace vsp {
namespace {

struct ChromaFilter : Filter {
  float strength = 1.0f;

  VSFrame* render(int n, VSFrameContext* context, VSCore* core) const override {
    Frames frames(api);
    const VSFrame* in[5];
    for (int i = 0; i < 5; ++i) in[i] = frames.get(n, clips[i], context);
    VSFrame* out = api->newVideoFrame(&output.format, output.width, output.height, in[0], core);
    ChromaJob job;
    job.chroma_up = plane_of(in[0], 0, api);
    job.luma_up = plane_of(in[1], 0, api);
    job.luma_smooth = plane_of(in[2], 0, api);
    job.chroma = plane_of(in[3], 0, api);
    job.luma = plane_of(in[4], 0, api);
    job.strength = strength;
    job.out = out_plane_of(out, 0, api);
    guide_chroma(job, cpu);
    return out;
  }
};

std::unique_ptr<Filter> make(const VSMap* in, VSCore* core, const VSAPI* api) {
  auto filter = std::make_unique<ChromaFilter>();
  const Arguments arguments(in, core, api, *filter);
  const char* names[5] = {"chroma_up", "luma_up", "luma_smooth", "chroma", "luma"};
  const VSVideoInfo* infos[5];
  for (int i = 0; i < 5; ++i) {
    infos[i] = arguments.clip(names[i]);
    arguments.require_format(names[i], *infos[i], pfGrayS);
    arguments.require_frames(names[i], *infos[i], *infos[0], names[0]);
  }
  arguments.require_size("luma_up", *infos[1], *infos[0], "chroma_up");
  arguments.require_size("luma_smooth", *infos[2], *infos[0], "chroma_up");
  arguments.require_size("luma", *infos[4], *infos[3], "chroma");
  filter->strength = static_cast<float>(arguments.number("strength", 1.0));
  if (!std::isfinite(filter->strength)) throw FilterError("strength must be finite");
  filter->cpu = arguments.cpu();
  filter->output = *infos[0];
  return filter;
}

void VS_CC create_guide_chroma(const VSMap* in, VSMap* out, void*, VSCore* core, const VSAPI* api) {
  guarded("GuideChroma", out, core, api, [&] { return make(in, core, api); });
}

}  // namespace

void register_guide_chroma(VSPlugin* plugin, const VSPLUGINAPI* api) {
  api->registerFunction("GuideChroma",
                        "chroma_up:vnode;luma_up:vnode;luma_smooth:vnode;chroma:vnode;luma:vnode;strength:float:opt;"
                        "cpu:data:opt;",
                        "clip:vnode;", create_guide_chroma, nullptr, plugin);
}

}  // namespace vsp
