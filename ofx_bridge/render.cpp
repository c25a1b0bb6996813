#include "render.hpp"

#include <cmath>
#include <new>

#include "geometry.hpp"
#include "host.hpp"
#include "image.hpp"
#include "json.hpp"
#include "properties.hpp"
#include "refusal.hpp"
#include "session.hpp"

namespace bridge {
namespace {

using ofxabi::RectI;

Properties clip_properties(ofxabi::Clip clip) {
  ofxabi::PropertySet set = nullptr;
  if (!clip || !host().effect->clip_get_property_set || host().effect->clip_get_property_set(clip, &set) != 0)
    set = nullptr;
  return Properties(set);
}

RectI scaled(const RectI& area, int by) { return {area.x1 * by, area.y1 * by, area.x2 * by, area.y2 * by}; }

// How the pixels are coded: what the user says, else what the host says of the clip, else what it usually has.
std::string colour_of(const Settings& settings, const Properties& clip) {
  if (settings.colour != "\"auto\"") return settings.colour;
  const std::string space = host().colour_management ? clip.string(ofxabi::clip::colourspace) : "";
  if (!space.empty()) return json_string(space);
  return host().quirks->linear_pixels ? "\"linear\"" : "\"rec709\"";
}

void set_range(Job* job, const Properties& clip) {
  const double first = clip.real(ofxabi::effect::frame_range, 0, 0),
               last = clip.real(ofxabi::effect::frame_range, -1, 1);
  if (!(last >= first) || std::fabs(first) > 1e9 || std::fabs(last) > 1e9) return;
  job->first = static_cast<int64_t>(std::floor(first));
  job->count = static_cast<int64_t>(std::floor(last)) - job->first + 1;
}

Outcome work(Instance& instance, const Settings& settings, double time, const Image& source, const Image& out,
             const RectI& window) {
  const Properties clip = clip_properties(instance.source);
  Job job;
  job.label = instance.node->label;
  job.effect = instance.effect;
  job.source_clip = instance.source;
  job.time = time;
  job.frame = static_cast<int64_t>(std::floor(time));
  set_range(&job, clip);
  job.source = source;
  job.out = out;
  job.result = scaled(source.bounds, growth(settings));
  job.window = window;
  job.premultiplied = clip.string(ofxabi::effect::premultiplication) == ofxabi::name::premultiplied;
  job.mix = settings.mix;
  job.radius = settings.radius;
  job.json = "{" + settings.json + ",\"scale\":" + std::to_string(settings.scale) +
             ",\"colour\":" + colour_of(settings, clip) + "}";
  return render_in_worker(job);
}

}  // namespace

ofxabi::Status render(Instance& instance, ofxabi::PropertySet arguments) {
  const Properties in(arguments);
  const double time = in.real(ofxabi::prop::time);
  if (!std::isfinite(time) || std::fabs(time) > 1e9) return ofxabi::status::value;
  const Frame out_frame(instance.output, time);
  if (!out_frame) return ofxabi::status::failed;
  const Image out = out_frame.image();
  RectI window = out.bounds;
  in.rectangle(ofxabi::effect::render_window, &window);
  const Frame source_frame(instance.source, time);
  if (!source_frame) {  // nothing is connected
    clear(out, window);
    return ofxabi::status::ok;
  }
  Image source = {};
  try {
    source = source_frame.image();
  } catch (const Refusal& refusal) {
    clear(out, window);
    instance.message.show(instance.effect, refusal.text);
    return refusal.status;
  }
  const Settings settings = read_settings(*instance.node, instance.knobs, time);
  const auto fail = [&](ofxabi::Status status, const std::string& text) {
    pass_through(source, out, window, growth(settings));
    instance.message.show(instance.effect, text);
    return status;
  };
  if (is_identity(settings, arguments)) {
    pass_through(source, out, window, 1);
    instance.message.clear(instance.effect);
    return ofxabi::status::ok;
  }
  try {
    if (work(instance, settings, time, source, out, window) == Outcome::done) instance.message.clear(instance.effect);
    return ofxabi::status::ok;
  } catch (const Refusal& refusal) {
    return fail(refusal.status, refusal.text);
  } catch (const std::bad_alloc&) {
    return fail(ofxabi::status::memory, "out of memory");
  }
}

}  // namespace bridge
