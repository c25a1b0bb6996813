// core.vsplugin.GuideChroma
#include <VSHelper4.h>

#include <cmath>

#include "chroma/chroma_rows.hpp"
#include "common/vs_filter.hpp"

namespace vsp {
namespace {

struct ChromaFilter : Filter {
  float strength = 1.0f;
  int scale = 1;

  int location_of(const VSFrame* frame) const {
    int error = 0;
    const int64_t found = api->mapGetInt(api->getFramePropertiesRO(frame), "_ChromaLocation", 0, &error);
    if (!error && (found < 0 || found > 5))
      throw FilterError("GuideChroma: _ChromaLocation must be 0 to 5; got " + std::to_string(found));
    return error ? 0 : static_cast<int>(found);
  }

  VSFrame* render(int n, VSFrameContext* context, VSCore* core) const override {
    Frames frames(api);
    const VSFrame* clip = frames.get(n, clips[0], context);
    const VSFrame* enlarged = frames.get(n, clips[1], context);
    const VSFrame* detail = frames.get(n, clips[2], context);
    const VSVideoFormat& format = output.format;
    const int location = location_of(clip);
    const int wide = 1 << format.subSamplingW, high = 1 << format.subSamplingH;
    const ChromaAxis across(wide, scale, offset_across(location, wide)), down(high, scale, offset_down(location, high));
    const VSFrame* shared[3] = {enlarged, nullptr, nullptr};
    const int planes[3] = {0, 0, 0};
    VSFrame* out = api->newVideoFrame2(&format, output.width, output.height, shared, planes, clip, core);
    const bool full = full_range(clip, api);
    const Coding luma = coding_of(format, 0, full), chroma = coding_of(format, 1, full);
    ChromaJob job;
    job.luma = plane_of(clip, 0, api);
    job.luma_to_nominal = code_to_code(luma, {});
    job.chroma_to_nominal = code_to_code(chroma, {});
    job.nominal_to_out = code_to_code({}, chroma);
    for (int p = 0; p < 2; ++p) {
      job.chroma[p] = plane_of(clip, p + 1, api);
      job.out[p] = out_plane_of(out, p + 1, api);
    }
    if (detail != nullptr) job.detail = plane_of(detail, 0, api);
    job.strength = strength;
    job.across = &across;
    job.down = &down;
    guide_chroma(job, cpu);
    return out;
  }
};

void read_clips(const Arguments& arguments, ChromaFilter& filter) {
  const VSVideoInfo *clip = arguments.clip("clip"), *luma = arguments.clip("luma"),
                    *detail = arguments.clip("detail", true);
  const VSVideoFormat& format = clip->format;
  if (format.colorFamily != cfYUV) throw FilterError("clip must be YUV; got " + arguments.format_name(format));
  sample_of("clip", format);
  if (luma->format.colorFamily != cfGray || luma->format.sampleType != format.sampleType ||
      luma->format.bitsPerSample != format.bitsPerSample)
    throw FilterError("luma must be GRAY with the samples of clip (" + arguments.format_name(format) + "); got " +
                      arguments.format_name(luma->format));
  filter.scale = luma->width / clip->width;
  if (filter.scale < 1 || filter.scale > kMostChromaScale || clip->width * filter.scale != luma->width ||
      clip->height * filter.scale != luma->height)
    throw FilterError("luma must be 1 to " + std::to_string(kMostChromaScale) + " times as large as clip (" +
                      arguments.size_name(*clip) + "); got " + arguments.size_name(*luma));
  arguments.require_frames("luma", *luma, *clip, "clip");
  filter.output = *clip;
  filter.output.width = luma->width;
  filter.output.height = luma->height;
  if (detail == nullptr) return;
  arguments.require_format("detail", *detail, pfGrayS);
  arguments.require_size("detail", *detail, *luma, "luma");
  arguments.require_frames("detail", *detail, *clip, "clip");
  if (format.subSamplingW != 0 || format.subSamplingH != 0)
    throw FilterError("detail is for chroma as large as luma; clip is " + arguments.format_name(format));
}

std::unique_ptr<Filter> make(const VSMap* in, VSCore* core, const VSAPI* api) {
  auto filter = std::make_unique<ChromaFilter>();
  const Arguments arguments(in, core, api, *filter);
  read_clips(arguments, *filter);
  filter->strength = static_cast<float>(arguments.number("strength", 1.0));
  if (!std::isfinite(filter->strength)) throw FilterError("strength must be finite");
  filter->cpu = arguments.cpu();
  return filter;
}

void VS_CC create_guide_chroma(const VSMap* in, VSMap* out, void*, VSCore* core, const VSAPI* api) {
  guarded("GuideChroma", out, core, api, [&] { return make(in, core, api); });
}

}  // namespace

void register_guide_chroma(VSPlugin* plugin, const VSPLUGINAPI* api) {
  api->registerFunction("GuideChroma", "clip:vnode;luma:vnode;detail:vnode:opt;strength:float:opt;cpu:data:opt;",
                        "clip:vnode;", create_guide_chroma, nullptr, plugin);
}

}  // namespace vsp
