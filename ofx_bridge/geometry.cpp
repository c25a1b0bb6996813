#include "geometry.hpp"

#include "host.hpp"
#include "properties.hpp"

namespace bridge {
namespace {

using ofxabi::status::ok;
using ofxabi::status::reply_default;

Settings settings_at(const Instance& instance, const Properties& arguments) {
  return read_settings(*instance.node, instance.knobs, arguments.real(ofxabi::prop::time));
}

bool source_region(const Instance& instance, double time, ofxabi::RectD* out) {
  const auto ask = host().effect->clip_get_region_of_definition;
  return instance.source && ask && ask(instance.source, time, out) == ok;
}

void set_rectangle(const Properties& properties, const char* name, const ofxabi::RectD& value, double scale) {
  const double numbers[] = {value.x1, value.y1, value.x2, value.y2};
  for (int index = 0; index < 4; ++index) properties.set(name, numbers[index] * scale, index);
}

}  // namespace

int growth(const Settings& settings) { return host().multi_resolution ? settings.scale : 1; }

bool is_identity(const Settings& settings, ofxabi::PropertySet arguments) {
  if (Properties(arguments).string(ofxabi::effect::thumbnail) == "true") return growth(settings) == 1;
  return growth(settings) == 1 && (settings.mix == 0 || settings.strength == 0);
}

ofxabi::Status region_of_definition(Instance& instance, ofxabi::PropertySet in, ofxabi::PropertySet out) {
  const Settings settings = settings_at(instance, Properties(in));
  ofxabi::RectD region = {};
  if (growth(settings) == 1 || !source_region(instance, Properties(in).real(ofxabi::prop::time), &region))
    return reply_default;
  set_rectangle(Properties(out), ofxabi::effect::region_of_definition, region, growth(settings));
  return ok;
}

ofxabi::Status regions_of_interest(Instance& instance, ofxabi::PropertySet in, ofxabi::PropertySet out) {
  ofxabi::RectD region = {};
  if (!source_region(instance, Properties(in).real(ofxabi::prop::time), &region)) return reply_default;
  set_rectangle(Properties(out), "OfxImageClipPropRoI_Source", region, 1);
  return ok;
}

ofxabi::Status frames_needed(Instance& instance, ofxabi::PropertySet in, ofxabi::PropertySet out) {
  const Settings settings = settings_at(instance, Properties(in));
  if (settings.radius == 0 || is_identity(settings, in)) return reply_default;
  const double time = Properties(in).real(ofxabi::prop::time);
  Properties(out).set("OfxImageClipPropFrameRange_Source", time - settings.radius, 0);
  Properties(out).set("OfxImageClipPropFrameRange_Source", time + settings.radius, 1);
  return ok;
}

// A node whose result is coded in another way than its source; where it does nothing, or not, the source's stands.
ofxabi::Status output_colourspace(Instance& instance, ofxabi::PropertySet, ofxabi::PropertySet out) {
  const Settings settings = read_settings(*instance.node, instance.knobs, 0);
  if (!host().colour_management || !*settings.colourspace || is_identity(settings, nullptr)) return reply_default;
  Properties(out).set(ofxabi::clip::colourspace, settings.colourspace);
  return ok;
}

ofxabi::Status identity_action(Instance& instance, ofxabi::PropertySet in, ofxabi::PropertySet out) {
  const Properties arguments(in);
  if (!is_identity(settings_at(instance, arguments), in)) return reply_default;
  Properties(out).set(ofxabi::prop::name, ofxabi::name::source_clip);
  Properties(out).set(ofxabi::prop::time, arguments.real(ofxabi::prop::time));
  return ok;
}

}  // namespace bridge
