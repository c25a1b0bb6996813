#include "parameters.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "host.hpp"
#include "json.hpp"
#include "properties.hpp"
#include "refusal.hpp"

namespace bridge {
namespace {

namespace param = ofxabi::param;

const char* type_of(Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return ofxabi::param_type::boolean;
    case Kind::integer:
      return ofxabi::param_type::integer;
    case Kind::real:
      return ofxabi::param_type::real;
    case Kind::choice:
      return ofxabi::param_type::choice;
    default:
      return ofxabi::param_type::string;
  }
}

ofxabi::ParamSet param_set(ofxabi::Effect effect) {
  ofxabi::ParamSet set = nullptr;
  if (host().effect->get_param_set(effect, &set) != ofxabi::status::ok || !set)
    refuse(ofxabi::status::bad_handle, "the host gave no parameter set");
  return set;
}

Properties define(ofxabi::ParamSet set, const char* type, const char* name, const char* label) {
  ofxabi::PropertySet properties = nullptr;
  if (host().parameter->define(set, type, name, &properties) != ofxabi::status::ok || !properties)
    refuse(ofxabi::status::failed, std::string("the host does not let parameter ") + name + " be defined");
  const Properties knob(properties);
  knob.set(ofxabi::prop::label, label);
  knob.set(ofxabi::prop::short_label, label);
  knob.set(ofxabi::prop::long_label, label);
  return knob;
}

// Resolve shows -1..1 for a number without both ranges.
void set_real_range(const Properties& properties, const Knob& knob) {
  properties.set(param::default_value, knob.number);
  properties.set(param::min, knob.low);
  properties.set(param::max, knob.high);
  properties.set(param::display_min, knob.display_low);
  properties.set(param::display_max, knob.display_high);
  properties.set(param::increment, knob.display_high > 2 ? 0.1 : 0.01);
  properties.set(param::digits, 3);
  properties.set(param::double_type, ofxabi::name::double_plain);
}

void set_integer_range(const Properties& properties, const Knob& knob) {
  properties.set(param::default_value, static_cast<int>(knob.number));
  properties.set(param::min, static_cast<int>(knob.low));
  properties.set(param::max, static_cast<int>(knob.high));
  properties.set(param::display_min, static_cast<int>(knob.display_low));
  properties.set(param::display_max, static_cast<int>(knob.display_high));
}

void set_text(const Properties& properties, const Knob& knob) {
  properties.set(param::default_value, knob.text);
  properties.set(param::string_mode,
                 knob.kind == Kind::file ? ofxabi::name::string_file_path : ofxabi::name::string_single_line);
  properties.set(param::file_exists, 0);
}

void set_values(const Properties& properties, const Knob& knob) {
  if (knob.kind == Kind::real) return set_real_range(properties, knob);
  if (knob.kind == Kind::integer) return set_integer_range(properties, knob);
  if (knob.kind == Kind::text || knob.kind == Kind::file) return set_text(properties, knob);
  properties.set(param::default_value, static_cast<int>(knob.number));
  for (size_t index = 0; index < knob.choices.size(); ++index)
    properties.set(param::choice_option, knob.choices[index].label, static_cast<int>(index));
}

// Whatever the host answers, the value is one that the knob allows.
double number_of(const Knob& knob, ofxabi::Param handle, ofxabi::Time time) {
  const ofxabi::ParameterSuite& suite = *host().parameter;
  const bool at_time = knob.animates && suite.get_value_at_time;
  ofxabi::Status status = ofxabi::status::failed;
  double value = knob.number;
  if (handle && knob.kind == Kind::real) {
    status = at_time ? suite.get_value_at_time(handle, time, &value) : suite.get_value(handle, &value);
  } else if (handle) {
    int whole = static_cast<int>(knob.number);
    status = at_time ? suite.get_value_at_time(handle, time, &whole) : suite.get_value(handle, &whole);
    value = whole;
  }
  if (status != ofxabi::status::ok || !std::isfinite(value)) return knob.number;
  if (knob.kind == Kind::choice) return value >= 0 && value < knob.choices.size() ? value : knob.number;
  return knob.kind == Kind::boolean ? (value != 0) : std::clamp(value, knob.low, knob.high);
}

const Choice& chosen(const Knob& knob, ofxabi::Param handle, ofxabi::Time time) {
  return knob.choices[static_cast<size_t>(number_of(knob, handle, time))];
}

std::string text_of(const Knob& knob, ofxabi::Param handle) {
  char* value = nullptr;
  if (!handle || host().parameter->get_value(handle, &value) != ofxabi::status::ok || !value) return knob.text;
  return value;
}

bool left_unset(const Node& node, const std::vector<ofxabi::Param>& handles, const Knob& knob, ofxabi::Time time) {
  if (!*knob.unset_by) return false;
  for (size_t index = 0; index < node.knobs.size(); ++index)
    if (std::string_view(node.knobs[index].name) == knob.unset_by)
      return number_of(node.knobs[index], handles[index], time) != 0;
  return false;
}

// The graph is a script of the user's: a menu's entry without a name says so.
bool runs_script(const Node& node, const std::vector<ofxabi::Param>& handles, ofxabi::Time time) {
  for (size_t index = 0; index < node.knobs.size(); ++index) {
    const Knob& knob = node.knobs[index];
    if (knob.kind == Kind::choice && std::string_view(chosen(knob, handles[index], time).json) == "\"\"") return true;
  }
  return false;
}

// Whether a knob has any say as the others stand.
bool counts(const Node& node, const std::vector<ofxabi::Param>& handles, const Knob& knob, ofxabi::Time time) {
  return !left_unset(node, handles, knob, time) && (!knob.for_script || runs_script(node, handles, time));
}

std::string value_as_json(const Knob& knob, ofxabi::Param handle, ofxabi::Time time) {
  if (knob.kind == Kind::text || knob.kind == Kind::file) return json_string(text_of(knob, handle));
  if (knob.kind == Kind::choice) return chosen(knob, handle, time).json;
  const double value = number_of(knob, handle, time);
  if (knob.kind == Kind::boolean) return value != 0 ? "true" : "false";
  return json_number(value);
}

void add_member(std::string* object, std::string_view name, const std::string& json) {
  if (!object->empty()) *object += ',';
  object->append(json_string(name)).append(":").append(json);
}

}  // namespace

void define_parameters(const Node& node, ofxabi::Effect effect) {
  const ofxabi::ParamSet set = param_set(effect);
  std::vector<std::string_view> groups;
  for (const Knob& knob : node.knobs) {
    if (*knob.group && std::find(groups.begin(), groups.end(), knob.group) == groups.end()) {
      define(set, ofxabi::param_type::group, knob.group, knob.group).set(param::group_open, 0);
      groups.push_back(knob.group);
    }
    const Properties properties = define(set, type_of(knob.kind), knob.name, knob.label);
    properties.set(param::hint, knob.hint);
    properties.set(param::script_name, knob.name);
    properties.set(param::animates, knob.animates ? 1 : 0);
    if (*knob.group) properties.set(param::parent, knob.group);
    set_values(properties, knob);
  }
}

std::vector<ofxabi::Param> parameter_handles(const Node& node, ofxabi::Effect effect) {
  const ofxabi::ParamSet set = param_set(effect);
  std::vector<ofxabi::Param> handles;
  for (const Knob& knob : node.knobs) {
    ofxabi::Param handle = nullptr;
    if (host().parameter->get_handle(set, knob.name, &handle, nullptr) != ofxabi::status::ok) handle = nullptr;
    handles.push_back(handle);
  }
  return handles;
}

Settings read_settings(const Node& node, const std::vector<ofxabi::Param>& handles, ofxabi::Time time) {
  Settings settings;
  settings.radius = node.radius;
  settings.colourspace = node.colourspace;
  std::string arguments, own;
  for (size_t index = 0; index < node.knobs.size(); ++index) {
    const Knob& knob = node.knobs[index];
    const std::string_view name = knob.name;
    if (knob.kind == Kind::choice) {
      const Choice& choice = chosen(knob, handles[index], time);
      settings.scale *= choice.scale;
      settings.radius += choice.radius;
      if (*choice.colourspace) settings.colourspace = choice.colourspace;
    }
    if (name == "mix") {
      settings.mix = number_of(knob, handles[index], time);
    } else if (name == "colour") {
      settings.colour = value_as_json(knob, handles[index], time);
    } else if (knob.argument) {
      const bool unset = left_unset(node, handles, knob, time);
      add_member(&arguments, name, unset ? "null" : value_as_json(knob, handles[index], time));
    } else if (!name.ends_with("_unset")) {
      add_member(&own, name, value_as_json(knob, handles[index], time));
    }
    if (name == "strength") settings.strength = number_of(knob, handles[index], time);
    if (name == "radius" && knob.kind == Kind::integer && counts(node, handles, knob, time))
      settings.radius = static_cast<int>(number_of(knob, handles[index], time));
  }
  add_member(&own, "node", json_string(node.name));
  add_member(&own, "arguments", "{" + arguments + "}");
  settings.json = own;
  return settings;
}

void enable_parameters(const Node& node, const std::vector<ofxabi::Param>& handles, ofxabi::Time time) {
  if (!host().parameter->get_property_set) return;
  for (size_t index = 0; index < node.knobs.size(); ++index) {
    const Knob& knob = node.knobs[index];
    ofxabi::PropertySet set = nullptr;
    if ((!*knob.unset_by && !knob.for_script) || !handles[index]) continue;
    if (host().parameter->get_property_set(handles[index], &set) != ofxabi::status::ok || !set) continue;
    Properties(set).set(param::enabled, counts(node, handles, knob, time) ? 1 : 0);
  }
}

}  // namespace bridge
