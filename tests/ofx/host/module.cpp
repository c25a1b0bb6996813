// The test host as Python sees it. The interpreter lock is released while a plugin runs.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstring>

#include "host.hpp"

namespace py = pybind11;
using namespace testhost;

namespace {

const std::pair<const char*, const char*> depths[] = {{"uint8", ofxabi::name::byte},
                                                      {"uint16", ofxabi::name::short_},
                                                      {"float16", ofxabi::name::half},
                                                      {"float32", ofxabi::name::float_}};

std::string depth_of(const std::string& dtype) {
  for (const auto& [name, depth] : depths)
    if (dtype == name) return depth;
  throw py::value_error("no such depth: " + dtype);
}

std::string dtype_of(const std::string& depth) {
  for (const auto& [name, d] : depths)
    if (depth == d) return name;
  throw py::value_error("no such depth: " + depth);
}

Value value_of(const py::handle& given) {
  if (py::isinstance<py::bool_>(given) || py::isinstance<py::int_>(given)) return given.cast<int>();
  if (py::isinstance<py::float_>(given)) return given.cast<double>();
  return given.cast<std::string>();
}

// A list of one kind, or one value.
void set_property(Properties& set, const std::string& name, const py::object& given) {
  std::vector<Value> values;
  if (py::isinstance<py::list>(given) || py::isinstance<py::tuple>(given))
    for (const auto& one : given) values.push_back(value_of(one));
  else
    values.push_back(value_of(given));
  set.values[name] = values;
}

py::object get_value(const Value& value) {
  if (const int* i = std::get_if<int>(&value)) return py::int_(*i);
  if (const double* d = std::get_if<double>(&value)) return py::float_(*d);
  if (const std::string* s = std::get_if<std::string>(&value)) return py::str(*s);
  return py::bool_(std::get<void*>(value) != nullptr);
}

py::dict as_dict(const Properties& set) {
  py::dict out;
  for (const auto& [name, values] : set.values) {
    py::list list;
    for (const Value& value : values) list.append(get_value(value));
    out[py::str(name)] = list;
  }
  return out;
}

void shape_from(Pixels& pixels, const py::dict& options) {
  for (const auto& [key, value] : options) {
    const auto name = key.cast<std::string>();
    if (name == "origin") {
      const auto at = value.cast<std::pair<int, int>>();
      pixels.bounds = {at.first, at.second, at.first + pixels.width(), at.second + pixels.height()};
    } else if (name == "negative_rows") {
      pixels.negative_rows = value.cast<bool>();
    } else if (name == "padding") {
      pixels.padding = value.cast<int>();
    } else if (name == "claimed_depth") {
      pixels.claimed_depth = depth_of(value.cast<std::string>());
    } else if (name == "raw_depth") {
      pixels.claimed_depth = value.cast<std::string>();
    } else if (name == "components") {
      pixels.components = value.cast<std::string>();
    } else if (name == "row_bytes") {
      pixels.row_bytes_claimed = value.cast<int>();
    } else if (name == "no_data") {
      pixels.no_data = value.cast<bool>();
    } else if (name == "field") {
      pixels.field = value.cast<std::string>();
    } else {
      throw py::value_error("no such option of an image: " + name);
    }
  }
}

std::shared_ptr<Pixels> pixels_of(const py::array& array, const py::dict& options) {
  auto pixels = std::make_shared<Pixels>();
  pixels->depth = depth_of(py::str(array.dtype()).cast<std::string>());
  pixels->bounds = {0, 0, static_cast<int>(array.shape(1)), static_cast<int>(array.shape(0))};
  const py::array packed = py::module_::import("numpy").attr("ascontiguousarray")(array);
  pixels->bytes.resize(static_cast<size_t>(packed.nbytes()));
  std::memcpy(pixels->bytes.data(), packed.data(), pixels->bytes.size());
  shape_from(*pixels, options);
  return pixels;
}

py::array array_of(const Pixels& pixels) {
  py::array out(py::dtype(dtype_of(pixels.depth)), std::vector<py::ssize_t>{pixels.height(), pixels.width(), 4});
  std::memcpy(out.mutable_data(), pixels.bytes.data(), pixels.bytes.size());
  return out;
}

void set_up(Host& host, const py::dict& profile) {
  const auto list = [&](const char* name) {
    const auto given =
        profile.contains(name) ? profile[name].cast<std::vector<std::string>>() : std::vector<std::string>();
    return std::set<std::string>(given.begin(), given.end());
  };
  host.missing_suites = list("missing_suites");
  host.unknown_properties = list("unknown_properties");
  if (profile.contains("ignores_time")) host.ignores_time = profile["ignores_time"].cast<bool>();
  for (const auto& [name, value] : profile["properties"].cast<py::dict>())
    set_property(host.properties, name.cast<std::string>(), py::reinterpret_borrow<py::object>(value));
  fill_suites(host, list("null_members"));
  host.raw = {host.properties.handle(), &fetch_suite};
}

// An effect being described; keeps the host alive through Python.
struct Description {
  explicit Description(Host& host) : effect(std::make_unique<Effect>(&host)) {}
  std::unique_ptr<Effect> effect;
};

ofxabi::Status describe(ofxabi::Plugin* plugin, Effect* effect, const char* action, Properties* in) {
  py::gil_scoped_release unlocked;
  return plugin->main_entry(action, effect, in ? in->handle() : nullptr, nullptr);
}

struct PluginFace {
  ofxabi::Plugin* plugin;
  Host* host;
};

py::tuple describe_in_context(const PluginFace& face, const std::string& context) {
  auto description = std::make_unique<Description>(*face.host);
  Properties in(face.host);
  in.set(ofxabi::effect::context, context);
  const int status = describe(face.plugin, description->effect.get(), ofxabi::action::describe_in_context, &in);
  return py::make_tuple(status, std::move(description));
}

void set_param(Instance& instance, const std::string& name, const py::object& value) {
  Param* const param = instance.effect.param(name);
  if (!param) throw py::key_error(name);
  if (value.is_none()) {
    param->broken = true;
  } else if (py::isinstance<py::dict>(value)) {
    for (const auto& [time, one] : value.cast<py::dict>()) param->keys[time.cast<double>()] = value_of(one);
  } else {
    param->value = value_of(value);
  }
}

py::tuple render(Instance& instance, double time, const py::object& window, std::vector<double> scale,
                 const std::string& field, const std::string& thumbnail, bool sequence, const py::dict& shape,
                 std::pair<int, int> size, const std::string& dtype) {
  RenderArguments arguments{time, {}, window.is_none(), std::move(scale), field, thumbnail, sequence};
  if (!window.is_none()) {
    const auto w = window.cast<std::array<int, 4>>();
    arguments.window = {w[0], w[1], w[2], w[3]};
  }
  instance.effect.output = {};
  instance.effect.output.depth = depth_of(dtype);
  instance.effect.output.bounds = {0, 0, size.first, size.second};
  shape_from(instance.effect.output, shape);
  int status = 0;
  {
    py::gil_scoped_release unlocked;
    status = instance.render(arguments);
  }
  return py::make_tuple(status, array_of(instance.effect.output));
}

py::tuple act(Instance& instance, const std::string& action, const py::dict& given) {
  Properties in(instance.effect.host), out(instance.effect.host);
  for (const auto& [name, value] : given)
    set_property(in, name.cast<std::string>(), py::reinterpret_borrow<py::object>(value));
  int status = 0;
  {
    py::gil_scoped_release unlocked;
    status = instance.act(action.c_str(), &in, &out);
  }
  return py::make_tuple(status, as_dict(out));
}

}  // namespace

PYBIND11_MODULE(ofxhost, module) {
  using namespace py::literals;
  py::class_<Host>(module, "Host")
      .def(py::init([](const py::dict& profile) {
        auto host = std::make_unique<Host>();
        set_up(*host, profile);
        return host;
      }))
      .def_readonly("violations", &Host::violations);

  py::class_<Binary>(module, "Binary")
      .def(py::init<std::string>())
      .def("__len__", &Binary::count)
      .def("set_host", [](Binary& binary, Host& host) { return binary.set_host(&host.raw); })
      .def("raw_plugin_is_null", [](Binary& binary, int index) { return binary.plugin(index) == nullptr; })
      .def(
          "plugin", [](Binary& binary, int index, Host& host) { return PluginFace{binary.plugin(index), &host}; },
          py::keep_alive<0, 1>(), py::keep_alive<0, 3>());

  py::class_<PluginFace>(module, "Plugin")
      .def_property_readonly("identifier", [](const PluginFace& face) { return face.plugin->identifier; })
      .def_property_readonly("api", [](const PluginFace& face) { return face.plugin->api; })
      .def("set_host", [](const PluginFace& face) { face.plugin->set_host(&face.host->raw); })
      .def("act",
           [](const PluginFace& face, const std::string& action) {
             py::gil_scoped_release unlocked;
             return face.plugin->main_entry(action.c_str(), nullptr, nullptr, nullptr);
           })
      .def("describe",
           [](const PluginFace& face) {
             Description description(*face.host);
             const int status = describe(face.plugin, description.effect.get(), ofxabi::action::describe, nullptr);
             return py::make_tuple(status, as_dict(description.effect->properties));
           })
      .def("describe_in_context", &describe_in_context)
      .def(
          "instance",
          [](const PluginFace& face, const Description& description) {
            return std::make_unique<Instance>(*face.host, face.plugin, *description.effect);
          },
          py::keep_alive<0, 1>());

  py::class_<Description>(module, "Description")
      .def_property_readonly("params",
                             [](const Description& description) {
                               py::list out;
                               for (const auto& param : description.effect->params)
                                 out.append(py::make_tuple(param->name, param->type, as_dict(param->properties)));
                               return out;
                             })
      .def_property_readonly("clips", [](const Description& description) {
        py::dict out;
        for (const auto& [name, clip] : description.effect->clips) out[py::str(name)] = as_dict(clip->properties);
        return out;
      });

  py::class_<Instance>(module, "Instance")
      .def("create", &Instance::create, py::call_guard<py::gil_scoped_release>())
      .def("destroy", &Instance::destroy, py::call_guard<py::gil_scoped_release>())
      .def("set", &set_param, "name"_a, "value"_a)
      .def("frame",
           [](Instance& instance, double time, const py::array& array, const py::dict& options) {
             instance.effect.clips.at("Source")->frames[time] = pixels_of(array, options);
           })
      .def("no_frames", [](Instance& instance) { instance.effect.clips.at("Source")->frames.clear(); })
      .def("clip_property",
           [](Instance& instance, const std::string& name, const py::object& value) {
             set_property(instance.effect.clips.at("Source")->properties, name, value);
           })
      .def("region",
           [](Instance& instance, std::array<double, 4> r) {
             Clip& clip = *instance.effect.clips.at("Source");
             clip.has_region = true;
             clip.region = {r[0], r[1], r[2], r[3]};
           })
      .def("param_property",
           [](Instance& instance, const std::string& name) { return as_dict(instance.effect.param(name)->properties); })
      .def("render", &render, "time"_a = 0.0, "window"_a = py::none(), "scale"_a = std::vector<double>{1.0, 1.0},
           "field"_a = ofxabi::name::field_none, "thumbnail"_a = "", "sequence"_a = true, "shape"_a = py::dict(),
           "size"_a, "dtype"_a = "float32")
      .def("act", &act, "action"_a, "given"_a = py::dict())
      .def_property(
          "abort", [](Instance& i) { return i.effect.abort.load(); },
          [](Instance& i, bool value) { i.effect.abort = value; })
      .def_property_readonly("abort_polls", [](Instance& i) { return i.effect.abort_polls.load(); })
      .def_property_readonly("render_seconds", [](Instance& i) { return i.effect.render_seconds; })
      .def_property_readonly("asked_times", [](Instance& i) { return i.effect.asked_times; })
      .def_property_readonly("message", [](Instance& i) { return i.effect.persistent_message; })
      .def_property_readonly("messages", [](Instance& i) { return i.effect.messages; })
      .def_property_readonly("progress_updates", [](Instance& i) { return i.effect.progress_updates; })
      .def("stop_by_progress", [](Instance& i) { i.effect.progress_stops = true; });
}
