#include "host.hpp"

#include "properties.hpp"

namespace bridge {
namespace {

template <class Suite>
const Suite* fetch(const char* name, int version) {
  return static_cast<const Suite*>(host().raw->fetch_suite(host().raw->properties, name, version));
}

bool complete(const ofxabi::PropertySuite* suite) {
  return suite && suite->set_string && suite->set_int && suite->set_double && suite->set_pointer && suite->get_string &&
         suite->get_int && suite->get_double && suite->get_pointer;
}

bool complete(const ofxabi::ImageEffectSuite* suite) {
  return suite && suite->get_property_set && suite->get_param_set && suite->clip_define && suite->clip_get_handle &&
         suite->clip_get_image && suite->clip_release_image;
}

bool complete(const ofxabi::ParameterSuite* suite) {
  return suite && suite->define && suite->get_handle && suite->get_value;
}

bool lists_depths_without_float(const Properties& properties) {
  const int count = properties.count(ofxabi::effect::supported_depths);
  for (int index = 0; index < count; ++index)
    if (properties.string(ofxabi::effect::supported_depths, "", index) == ofxabi::name::float_) return false;
  return count > 0;
}

}  // namespace

Host& host() {
  static Host* const only = new Host;  // never destroyed: hosts call in while they unload
  return *only;
}

ofxabi::Status load_host() {
  Host& h = host();
  if (!h.raw || !h.raw->fetch_suite) return ofxabi::status::missing_host_feature;
  h.property = fetch<ofxabi::PropertySuite>(ofxabi::suite::property, 1);
  h.effect = fetch<ofxabi::ImageEffectSuite>(ofxabi::suite::image_effect, 1);
  h.parameter = fetch<ofxabi::ParameterSuite>(ofxabi::suite::parameter, 1);
  if (!complete(h.property) || !complete(h.effect) || !complete(h.parameter))
    return ofxabi::status::missing_host_feature;
  h.message = fetch<ofxabi::MessageSuiteV2>(ofxabi::suite::message, 2);
  h.progress2 = fetch<ofxabi::ProgressSuiteV2>(ofxabi::suite::progress, 2);
  h.progress1 = h.progress2 ? nullptr : fetch<ofxabi::ProgressSuiteV1>(ofxabi::suite::progress, 1);
  const Properties properties(h.raw->properties);
  h.name = properties.string(ofxabi::prop::name);
  h.multi_resolution = properties.integer(ofxabi::effect::multi_resolution) != 0;
  h.temporal = properties.integer(ofxabi::effect::temporal_access) != 0;
  h.floats = !lists_depths_without_float(properties);
  const std::string style = properties.string(ofxabi::effect::colour_style);
  h.quirks = &quirks_of(h.name);
  h.colour_management = !h.quirks->no_colour_management && !style.empty() && style != ofxabi::name::colour_none;
  return ofxabi::status::ok;
}

}  // namespace bridge
