// core.vsplugin.TileSR
#include <cmath>

#include "common/vs_filter.hpp"
#include "tile_sr/engine.hpp"

namespace vsp {
namespace {

constexpr int kMostThreads = 256;

struct TileSrFilter : Filter {
  std::unique_ptr<TileSr> engine;
  int threads = 0;
  int tile = 0;
  bool picture = false;  // the clip enlarged plus the network's output, not the latter alone
  double strength = 1.0;
  float overshoot = -1.0f;

  VSFrame* render(int n, VSFrameContext* context, VSCore* core) const override {
    Frames frames(api);
    const VSFrame* clip = frames.get(n, clips[0], context);
    VSFrame* out = api->newVideoFrame(&output.format, output.width, output.height, clip, core);
    const Coding coding = coding_of(*api->getVideoFrameFormat(clip), 0, full_range(clip, api));
    TilePicture sum;
    sum.nominal_to_out = code_to_code({}, coding);
    sum.gain = static_cast<float>(strength * code_of_nominal(coding).gain);
    sum.overshoot = overshoot;
    try {
      engine->run(plane_of(clip, 0, api), code_to_code(coding, {}), out_plane_of(out, 0, api), threads, tile,
                  picture ? &sum : nullptr);
    } catch (...) {
      api->freeFrame(out);
      throw;
    }
    return out;
  }
};

int whole_number(const Arguments& arguments, const char* name, int low, int high) {
  const std::vector<int> given = arguments.integers(name);
  const int value = given.empty() ? 0 : given[0];
  if (value < low || value > high)
    throw FilterError(std::string(name) + " must be " + std::to_string(low) + " to " + std::to_string(high) + "; got " +
                      std::to_string(value));
  return value;
}

Network network_at(const std::string& path) {
  try {
    return read_network(path);
  } catch (const std::exception& error) {
    throw FilterError("model " + path + ": " + error.what());
  }
}

std::unique_ptr<Filter> make(const VSMap* in, VSCore* core, const VSAPI* api) {
  auto filter = std::make_unique<TileSrFilter>();
  const Arguments arguments(in, core, api, *filter);
  const VSVideoInfo* clip = arguments.clip("clip");
  sample_of("clip", clip->format);
  if (clip->format.colorFamily != cfGray)
    throw FilterError("clip must be GRAY; got " + arguments.format_name(clip->format));
  filter->threads = whole_number(arguments, "threads", 0, kMostThreads);
  filter->tile = whole_number(arguments, "tile", 0, 1 << 16);
  filter->picture = arguments.given("strength");
  filter->strength = arguments.number("strength", 1.0);
  filter->overshoot = static_cast<float>(arguments.number("overshoot", -1.0));
  if (!std::isfinite(filter->strength)) throw FilterError("strength must be finite");
  if (!std::isfinite(filter->overshoot)) throw FilterError("overshoot must be finite; negative switches the limit off");
  if (filter->overshoot >= 0.0f && !filter->picture)
    throw FilterError("overshoot needs strength, which adds the network's output to the enlarged clip");
  const Network network = network_at(arguments.text("model", ""));
  filter->engine = std::make_unique<TileSr>(network, parse_build(arguments.text("cpu", "auto"), network.integers()));
  filter->output = *clip;
  filter->output.width *= filter->engine->scale();
  filter->output.height *= filter->engine->scale();
  if (!filter->picture) api->getVideoFormatByID(&filter->output.format, pfGrayS, core);
  return filter;
}

void VS_CC create_tile_sr(const VSMap* in, VSMap* out, void*, VSCore* core, const VSAPI* api) {
  guarded("TileSR", out, core, api, [&] { return make(in, core, api); });
}

}  // namespace

void register_tile_sr(VSPlugin* plugin, const VSPLUGINAPI* api) {
  api->registerFunction("TileSR",
                        "clip:vnode;model:data;strength:float:opt;overshoot:float:opt;cpu:data:opt;threads:int:opt;"
                        "tile:int:opt;",
                        "clip:vnode;", create_tile_sr, nullptr, plugin);
}

}  // namespace vsp
