// core.vsplugin.BackProject and core.vsplugin.ReductionResidual
#include <VSHelper4.h>

#include "backproject/backproject_rows.hpp"
#include "common/vs_filter.hpp"

namespace vsp {
namespace {

constexpr char kProperty[] = "VSPluginResidual";

// Where chroma sample 0 lies on the larger chroma grid. Both lie in the picture as `side` says: at the near edge of the
// luma samples they cover, in their middle, or at the far edge.
enum Side { near_edge, middle, far_edge };

double centre_of(int scale, int subsampling, Side side) {
  const double aligned = 0.5 * (scale - 1);
  const double cosited = aligned / (1 << subsampling);
  return side == near_edge ? cosited : side == far_edge ? scale - 1 - cosited : aligned;
}

// Values of _ChromaLocation: left, centre, top left, top, bottom left, bottom.
Side across_of(int location) { return location == 0 || location == 2 || location == 4 ? near_edge : middle; }
Side down_of(int location) { return location == 2 || location == 3 ? near_edge : location >= 4 ? far_edge : middle; }

struct BackProjectFilter : Filter {
  bool measure = false;  // the clip itself comes out, with the property
  std::string property = kProperty;
  AxisPlan luma_x, luma_y, chroma_x[3], chroma_y[3];

  int location_of(const VSFrame* frame) const {
    int error = 0;
    const int64_t found = api->mapGetInt(api->getFramePropertiesRO(frame), "_ChromaLocation", 0, &error);
    return error || found < 0 || found > 5 ? 0 : static_cast<int>(found);
  }

  VSFrame* render(int n, VSFrameContext* context, VSCore* core) const override {
    Frames frames(api);
    const VSFrame* clip = frames.get(n, clips[0], context);
    const VSFrame* source = frames.get(n, clips[1], context);
    VSFrame* out = measure ? api->copyFrame(clip, core)
                           : api->newVideoFrame(&output.format, output.width, output.height, clip, core);
    const VSVideoFormat& format = *api->getVideoFrameFormat(source);
    const int location = location_of(source);
    const bool full = full_range(source, api);
    VSMap* properties = api->getFramePropertiesRW(out);
    api->mapDeleteKey(properties, property.c_str());
    for (int p = 0; p < format.numPlanes; ++p) {
      const bool chroma = p > 0 && format.colorFamily == cfYUV;
      BackprojectJob job;
      job.clip = plane_of(clip, p, api);
      job.source = plane_of(source, p, api);
      job.clip_to_source =
          code_to_code(coding_of(*api->getVideoFrameFormat(clip), p, full), coding_of(format, p, full));
      job.x = (chroma ? chroma_x[across_of(location)] : luma_x).view();
      job.y = (chroma ? chroma_y[down_of(location)] : luma_y).view();
      if (!measure) job.out = out_plane_of(out, p, api);
      api->mapSetFloat(properties, property.c_str(), backproject(job, cpu), maAppend);
    }
    return out;
  }
};

std::unique_ptr<Filter> make(const VSMap* in, VSCore* core, const VSAPI* api, bool measure) {
  auto filter = std::make_unique<BackProjectFilter>();
  const Arguments arguments(in, core, api, *filter);
  const VSVideoInfo* clip = arguments.clip("clip");
  const VSVideoInfo* source = arguments.clip("source");
  const VSVideoFormat &ours = clip->format, &theirs = source->format;
  sample_of("clip", ours);
  sample_of("source", theirs);
  if (ours.colorFamily != theirs.colorFamily || ours.subSamplingW != theirs.subSamplingW ||
      ours.subSamplingH != theirs.subSamplingH)
    throw FilterError("source must have the colour family and subsampling of clip (" + arguments.format_name(ours) +
                      "); got " + arguments.format_name(theirs));
  const int scale = clip->width / source->width;
  if (scale < 1 || scale > 8 || source->width * scale != clip->width || source->height * scale != clip->height)
    throw FilterError("clip (" + arguments.size_name(*clip) + ") must be 1 to 8 times as large as source; got " +
                      arguments.size_name(*source));
  arguments.require_frames("source", *source, *clip, "clip");
  const std::string degradation = arguments.text("degradation", "bicubic");
  check_degradation(degradation);
  filter->measure = measure;
  if (measure) filter->property = arguments.text("prop", kProperty);
  filter->cpu = arguments.cpu();
  filter->output = *clip;
  if (!measure) filter->output.format = theirs;

  const double aligned = centre_of(scale, 0, middle);
  filter->luma_x = AxisPlan(degradation, source->width, scale, aligned);
  filter->luma_y = AxisPlan(degradation, source->height, scale, aligned);
  if (theirs.colorFamily == cfYUV)
    for (const Side side : {near_edge, middle, far_edge}) {
      const int width = source->width >> theirs.subSamplingW, height = source->height >> theirs.subSamplingH;
      filter->chroma_x[side] = AxisPlan(degradation, width, scale, centre_of(scale, theirs.subSamplingW, side));
      filter->chroma_y[side] = AxisPlan(degradation, height, scale, centre_of(scale, theirs.subSamplingH, side));
    }
  return filter;
}

void VS_CC create_back_project(const VSMap* in, VSMap* out, void*, VSCore* core, const VSAPI* api) {
  guarded("BackProject", out, core, api, [&] { return make(in, core, api, false); });
}

void VS_CC create_residual(const VSMap* in, VSMap* out, void*, VSCore* core, const VSAPI* api) {
  guarded("ReductionResidual", out, core, api, [&] { return make(in, core, api, true); });
}

}  // namespace

void register_backproject(VSPlugin* plugin, const VSPLUGINAPI* api) {
  api->registerFunction("BackProject", "clip:vnode;source:vnode;degradation:data:opt;cpu:data:opt;", "clip:vnode;",
                        create_back_project, nullptr, plugin);
  api->registerFunction("ReductionResidual", "clip:vnode;source:vnode;degradation:data:opt;prop:data:opt;cpu:data:opt;",
                        "clip:vnode;", create_residual, nullptr, plugin);
}

}  // namespace vsp
