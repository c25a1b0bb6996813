// The little JSON there is between the bundle and the worker: text written, and one string read from a flat object.
#pragma once

#include <string>
#include <string_view>

namespace bridge {

std::string json_string(std::string_view text);  // with quotes
std::string json_number(double value);           // shortest that reads back the same, whatever the host's locale

// The string member `name` of a JSON object; empty where there is none. \uXXXX beyond ASCII is not understood.
std::string json_member(std::string_view object, std::string_view name);

}  // namespace bridge
