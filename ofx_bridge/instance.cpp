#include "instance.hpp"

#include <memory>

#include "host.hpp"
#include "parameters.hpp"
#include "properties.hpp"
#include "refusal.hpp"

namespace bridge {
namespace {

Properties properties_of(ofxabi::Effect effect) {
  ofxabi::PropertySet set = nullptr;
  if (host().effect->get_property_set(effect, &set) != ofxabi::status::ok || !set)
    refuse(ofxabi::status::bad_handle, "the host gave no property set");
  return Properties(set);
}

ofxabi::Clip clip_of(ofxabi::Effect effect, const char* name) {
  ofxabi::Clip clip = nullptr;
  return host().effect->clip_get_handle(effect, name, &clip, nullptr) == ofxabi::status::ok ? clip : nullptr;
}

}  // namespace

// Nothing else happens here: Nuke stalls when a process is started while it creates a node.
ofxabi::Status create_instance(const Node& node, ofxabi::Effect effect) {
  const Properties properties = properties_of(effect);
  auto instance = std::make_unique<Instance>();
  instance->node = &node;
  instance->effect = effect;
  instance->source = clip_of(effect, ofxabi::name::source_clip);
  instance->output = clip_of(effect, ofxabi::name::output_clip);
  instance->knobs = parameter_handles(node, effect);
  enable_parameters(node, instance->knobs, 0);
  properties.set(ofxabi::prop::instance_data, static_cast<void*>(instance.release()));
  return ofxabi::status::ok;
}

ofxabi::Status destroy_instance(ofxabi::Effect effect) {
  const Properties properties = properties_of(effect);
  delete static_cast<Instance*>(properties.pointer(ofxabi::prop::instance_data));
  properties.set(ofxabi::prop::instance_data, static_cast<void*>(nullptr));
  return ofxabi::status::ok;
}

Instance& instance_of(ofxabi::Effect effect) {
  auto* const instance = static_cast<Instance*>(properties_of(effect).pointer(ofxabi::prop::instance_data));
  if (!instance) refuse(ofxabi::status::bad_handle, "the host lost the node's data");
  return *instance;
}

}  // namespace bridge
