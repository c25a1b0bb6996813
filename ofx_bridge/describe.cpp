#include "describe.hpp"

#include "host.hpp"
#include "parameters.hpp"
#include "properties.hpp"
#include "refusal.hpp"

namespace bridge {
namespace {

namespace name = ofxabi::name;

Properties properties_of(ofxabi::Effect effect) {
  ofxabi::PropertySet set = nullptr;
  const ofxabi::Status status = host().effect->get_property_set(effect, &set);
  if (status != ofxabi::status::ok || !set) refuse(ofxabi::status::bad_handle, "the host gave no property set");
  return Properties(set);
}

// Float alone where the host has it: hosts that can choose choose less (MLT takes byte, then half, before float).
void describe_depths(const Properties& effect) {
  effect.set(ofxabi::effect::supported_depths, name::float_, 0);
  if (host().floats) return;
  const char* const others[] = {name::half, name::short_, name::byte};
  for (int index = 0; index < 3; ++index) effect.set(ofxabi::effect::supported_depths, others[index], index + 1);
}

Properties define_clip(ofxabi::Effect effect, const char* clip_name) {
  ofxabi::PropertySet set = nullptr;
  if (host().effect->clip_define(effect, clip_name, &set) != ofxabi::status::ok || !set)
    refuse(ofxabi::status::failed, "the host does not let clips be defined");
  const Properties clip(set);
  clip.set(ofxabi::effect::supported_components, name::rgba);
  clip.set(ofxabi::effect::tiles, 0);
  return clip;
}

}  // namespace

void describe(const Node& node, ofxabi::Effect handle) {
  const Properties effect = properties_of(handle);
  effect.set(ofxabi::prop::label, node.label);
  effect.set(ofxabi::prop::short_label, node.label);
  effect.set(ofxabi::prop::long_label, node.label);
  effect.set(ofxabi::prop::plugin_description, node.summary);
  effect.set(ofxabi::effect::grouping, node.menu);
  effect.set(ofxabi::effect::supported_contexts, name::context_filter, 0);
  effect.set(ofxabi::effect::supported_contexts, name::context_general, 1);
  describe_depths(effect);
  effect.set(ofxabi::effect::single_instance, 0);
  effect.set(ofxabi::effect::host_frame_threading, 0);
  effect.set(ofxabi::effect::tiles, 0);  // networks look at whole frames, and tile themselves
  effect.set(ofxabi::effect::multi_resolution, host().multi_resolution ? 1 : 0);
  effect.set(ofxabi::effect::temporal_access, 1);
  effect.set(ofxabi::effect::multiple_pars, 0);
  effect.set(ofxabi::effect::multiple_depths, 0);
  effect.set(ofxabi::effect::field_render_twice, 0);
  effect.set(ofxabi::effect::no_spatial_awareness, "false");
  effect.set(ofxabi::effect::thread_safety, host().quirks->unsafe_threads ? name::unsafe : name::instance_safe);
  effect.set(ofxabi::effect::sequential_render, 2);  // better in order, as frames are kept between renders
  if (host().colour_management) {
    effect.set(ofxabi::effect::colour_style, name::colour_core);
    effect.set(ofxabi::effect::colour_configs, name::colour_config);
  }
}

void describe_in_context(const Node& node, ofxabi::Effect effect) {
  const Properties source = define_clip(effect, name::source_clip);
  source.set(ofxabi::effect::temporal_access, 1);
  source.set(ofxabi::clip::field_extraction, name::field_none);
  define_clip(effect, name::output_clip);
  define_parameters(node, effect);
}

}  // namespace bridge
