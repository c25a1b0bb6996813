// core.vsplugin.Warp
#include "common/vs_filter.hpp"
#include "warp/warp_rows.hpp"

namespace vsp {
namespace {

struct WarpFilter : Filter {
  bool bilinear = false;
  int scale = 1;

  VSFrame* render(int n, VSFrameContext* context, VSCore* core) const override {
    Frames frames(api);
    const VSFrame* clip = frames.get(n, clips[0], context);
    const VSFrame* flow = frames.get(n, clips[1], context);
    VSFrame* out = api->newVideoFrame(&output.format, output.width, output.height, clip, core);
    for (int p = 0; p < output.format.numPlanes; ++p) {
      WarpJob job;
      job.in = plane_of(clip, p, api);
      job.dx = plane_of(flow, 0, api);
      job.dy = plane_of(flow, 1, api);
      job.confidence = plane_of(flow, 2, api);
      job.subsampling_w = p > 0 ? output.format.subSamplingW : 0;
      job.subsampling_h = p > 0 ? output.format.subSamplingH : 0;
      job.bilinear = bilinear;
      job.scale = scale;
      job.out = out_plane_of(out, p, api);
      warp(job, cpu);
    }
    return out;
  }
};

int scale_of(const Arguments& arguments) {
  const std::vector<int> given = arguments.integers("scale");
  const int scale = given.empty() ? 1 : given[0];
  if (scale < 1 || scale > 8) throw FilterError("scale must be 1 to 8; got " + std::to_string(scale));
  return scale;
}

std::unique_ptr<Filter> make(const VSMap* in, VSCore* core, const VSAPI* api) {
  auto filter = std::make_unique<WarpFilter>();
  const Arguments arguments(in, core, api, *filter);
  const VSVideoInfo* clip = arguments.clip("clip");
  const VSVideoInfo* flow = arguments.clip("flow");
  sample_of("clip", clip->format);
  arguments.require_format("flow", *flow, pfRGBS);
  filter->scale = scale_of(arguments);
  VSVideoInfo enlarged = *flow;
  enlarged.width *= filter->scale;
  enlarged.height *= filter->scale;
  if (filter->scale == 1) arguments.require_size("flow", *flow, *clip, "clip");
  arguments.require_size("clip", *clip, enlarged, "flow times scale");
  arguments.require_frames("flow", *flow, *clip, "clip");
  const std::string mode = arguments.text("mode", "catmullrom");
  if (mode != "catmullrom" && mode != "bilinear") throw FilterError("mode must be catmullrom or bilinear; got " + mode);
  filter->bilinear = mode == "bilinear";
  filter->cpu = arguments.cpu();
  filter->output = *clip;
  filter->output.width = flow->width;
  filter->output.height = flow->height;
  return filter;
}

void VS_CC create_warp(const VSMap* in, VSMap* out, void*, VSCore* core, const VSAPI* api) {
  guarded("Warp", out, core, api, [&] { return make(in, core, api); });
}

}  // namespace

void register_warp(VSPlugin* plugin, const VSPLUGINAPI* api) {
  api->registerFunction("Warp", "clip:vnode;flow:vnode;mode:data:opt;cpu:data:opt;scale:int:opt;", "clip:vnode;",
                        create_warp, nullptr, plugin);
}

}  // namespace vsp
