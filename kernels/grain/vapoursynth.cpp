// core.vsplugin.Grain
#include "common/vs_filter.hpp"
#include "grain/grain_rows.hpp"

namespace vsp {
namespace {

struct GrainFilter : Filter {
  std::vector<float> tones, taps, mix;
  int side = 1;
  uint32_t seed = 0;

  VSFrame* render(int n, VSFrameContext* context, VSCore* core) const override {
    Frames frames(api);
    const VSFrame* in = frames.get(n, clips[0], context);
    VSFrame* out = api->newVideoFrame(&output.format, output.width, output.height, in, core);
    GrainJob job;
    job.level = plane_of(in, 0, api);
    job.tones = tones.data();
    job.taps = taps.data();
    job.tone_count = static_cast<int>(tones.size());
    job.side = side;
    job.mix = mix.data();
    job.stream_count = static_cast<int>(mix.size());
    job.seed = seed;
    job.frame = static_cast<uint32_t>(n);
    job.out = out_plane_of(out, 0, api);
    grain(job, cpu);
    return out;
  }
};

std::vector<float> floats(const std::vector<double>& values, const char* name) {
  std::vector<float> out;
  for (const double value : values) {
    if (!(value > -1e6 && value < 1e6)) throw FilterError(std::string(name) + " must be finite numbers");
    out.push_back(static_cast<float>(value));
  }
  return out;
}

std::unique_ptr<Filter> make(const VSMap* in, VSCore* core, const VSAPI* api) {
  auto filter = std::make_unique<GrainFilter>();
  const Arguments arguments(in, core, api, *filter);
  const VSVideoInfo* level = arguments.clip("level");
  arguments.require_format("level", *level, pfGrayS);
  filter->tones = floats(arguments.numbers("tones"), "tones");
  filter->taps = floats(arguments.numbers("taps"), "taps");
  filter->mix = floats(arguments.numbers("mix"), "mix");
  if (filter->mix.empty()) filter->mix = {1.0f};
  if (filter->mix.size() > kGrainMaxStreams) throw FilterError("mix must have at most 3 numbers");
  for (size_t i = 0; i + 1 < filter->tones.size(); ++i)
    if (filter->tones[i] >= filter->tones[i + 1]) throw FilterError("tones must ascend");
  const double side = arguments.number("side", 0);
  if (!(side >= 1 && side <= kGrainMaxSide) || static_cast<int>(side) % 2 == 0)
    throw FilterError("side must be odd, 1 to 63; got " + std::to_string(static_cast<int>(side)));
  filter->side = static_cast<int>(side);
  const size_t wanted = filter->tones.size() * filter->side * filter->side;
  if (filter->tones.empty() || filter->taps.size() != wanted)
    throw FilterError("taps must be side * side numbers for each of tones (" + std::to_string(wanted) + "); got " +
                      std::to_string(filter->taps.size()));
  filter->seed = static_cast<uint32_t>(static_cast<int64_t>(arguments.number("seed", 0)));
  filter->cpu = arguments.cpu();
  filter->output = *level;
  return filter;
}

void VS_CC create_grain(const VSMap* in, VSMap* out, void*, VSCore* core, const VSAPI* api) {
  guarded("Grain", out, core, api, [&] { return make(in, core, api); });
}

}  // namespace

void register_grain(VSPlugin* plugin, const VSPLUGINAPI* api) {
  api->registerFunction(
      "Grain", "level:vnode;tones:float[];taps:float[];side:float;mix:float[]:opt;seed:float:opt;cpu:data:opt;",
      "clip:vnode;", create_grain, nullptr, plugin);
}

}  // namespace vsp
