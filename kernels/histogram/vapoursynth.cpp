// core.vsplugin.LightHistogram
#include "common/vs_filter.hpp"
#include "histogram/histogram_rows.hpp"

namespace vsp {
namespace {

Plane cropped(Plane plane, int left, int top, int width, int height) {
  plane.data = static_cast<const char*>(plane.data) + top * plane.stride +
               left * static_cast<ptrdiff_t>(sample_bytes(plane.sample));
  plane.width = width;
  plane.height = height;
  return plane;
}

struct HistogramFilter : Filter {
  int left = 0, top = 0, width = 0, height = 0;  // the active picture

  VSFrame* render(int n, VSFrameContext* context, VSCore* core) const override {
    Frames frames(api);
    const VSFrame* in = frames.get(n, clips[0], context);
    HistogramJob job;
    for (int c = 0; c < 3; ++c) job.rgb[c] = cropped(plane_of(in, c, api), left, top, width, height);
    std::vector<uint32_t> counts(histogram_bins(job.rgb[0].sample, job.rgb[0].bits));
    uint32_t maxima[3];
    job.counts = counts.data();
    job.maxima = maxima;
    light_histogram(job, cpu);
    VSFrame* out = api->copyFrame(in, core);
    VSMap* props = api->getFramePropertiesRW(out);
    api->mapSetData(props, "LightHistogram", reinterpret_cast<const char*>(counts.data()),
                    static_cast<int>(counts.size() * sizeof counts[0]), dtBinary, maReplace);
    for (int c = 0; c < 3; ++c) api->mapSetInt(props, "LightMax", maxima[c], c == 0 ? maReplace : maAppend);
    return out;
  }
};

int border(const Arguments& arguments, const char* name) {
  const std::vector<int> given = arguments.integers(name);
  const int pixels = given.empty() ? 0 : given[0];
  if (pixels < 0) throw FilterError(std::string(name) + " must be 0 or more pixels; got " + std::to_string(pixels));
  return pixels;
}

std::unique_ptr<Filter> make(const VSMap* in, VSCore* core, const VSAPI* api) {
  auto filter = std::make_unique<HistogramFilter>();
  const Arguments arguments(in, core, api, *filter);
  const VSVideoInfo* clip = arguments.clip("clip");
  if (clip->format.colorFamily != cfRGB)
    throw FilterError("clip must be RGB; got " + arguments.format_name(clip->format));
  sample_of("clip", clip->format);
  filter->left = border(arguments, "left");
  filter->top = border(arguments, "top");
  const int64_t width = int64_t{clip->width} - filter->left - border(arguments, "right");
  const int64_t height = int64_t{clip->height} - filter->top - border(arguments, "bottom");
  if (width < 1 || height < 1)
    throw FilterError("left, right, top and bottom must leave a part of the picture (" + arguments.size_name(*clip) +
                      ")");
  filter->width = static_cast<int>(width);
  filter->height = static_cast<int>(height);
  filter->cpu = arguments.cpu();
  filter->output = *clip;
  return filter;
}

void VS_CC create_light_histogram(const VSMap* in, VSMap* out, void*, VSCore* core, const VSAPI* api) {
  guarded("LightHistogram", out, core, api, [&] { return make(in, core, api); });
}

}  // namespace

void register_light_histogram(VSPlugin* plugin, const VSPLUGINAPI* api) {
  api->registerFunction("LightHistogram",
                        "clip:vnode;left:int:opt;right:int:opt;top:int:opt;bottom:int:opt;cpu:data:opt;", "clip:vnode;",
                        create_light_histogram, nullptr, plugin);
}

}  // namespace vsp
