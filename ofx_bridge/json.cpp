#include "json.hpp"

#include <charconv>
#include <cmath>

namespace bridge {

std::string json_string(std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (byte < 0x20)
      ((out += "\\u00") += digits[byte >> 4]) += digits[byte & 15];
    else
      out += c;
  }
  return out += '"';
}

std::string json_number(double value) {
  if (!std::isfinite(value)) return "0";
  char buffer[40];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

std::string json_member(std::string_view object, std::string_view name) {
  const std::string key = json_string(name);
  size_t at = object.find(key);
  if (at == object.npos) return {};
  at = object.find_first_not_of(" \t\r\n:", at + key.size());
  if (at == object.npos || object[at] != '"') return {};
  std::string out;
  for (++at; at < object.size() && object[at] != '"'; ++at) {
    if (object[at] != '\\' || at + 1 == object.size()) {
      out += object[at];
      continue;
    }
    const char escaped = object[++at];
    out += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
  }
  return out;
}

}  // namespace bridge
