#include "properties.hpp"

#include "host.hpp"

namespace bridge {

using ofxabi::status::ok;

int Properties::integer(const char* name, int fallback, int index) const {
  int value = fallback;
  return set_ && host().property->get_int(set_, name, index, &value) == ok ? value : fallback;
}

double Properties::real(const char* name, double fallback, int index) const {
  double value = fallback;
  return set_ && host().property->get_double(set_, name, index, &value) == ok ? value : fallback;
}

std::string Properties::string(const char* name, const char* fallback, int index) const {
  char* value = nullptr;
  return set_ && host().property->get_string(set_, name, index, &value) == ok && value ? value : fallback;
}

void* Properties::pointer(const char* name) const {
  void* value = nullptr;
  return set_ && host().property->get_pointer(set_, name, 0, &value) == ok ? value : nullptr;
}

bool Properties::rectangle(const char* name, ofxabi::RectI* out) const {
  int* const members[] = {&out->x1, &out->y1, &out->x2, &out->y2};
  for (int index = 0; index < 4; ++index)
    if (!set_ || host().property->get_int(set_, name, index, members[index]) != ok) return false;
  return true;
}

int Properties::count(const char* name) const {
  int value = 0;
  if (!set_ || !host().property->dimension || host().property->dimension(set_, name, &value) != ok) return 0;
  return value;
}

void Properties::set(const char* name, const char* value, int index) const {
  host().property->set_string(set_, name, index, value);
}

void Properties::set(const char* name, int value, int index) const {
  host().property->set_int(set_, name, index, value);
}

void Properties::set(const char* name, double value, int index) const {
  host().property->set_double(set_, name, index, value);
}

void Properties::set(const char* name, void* value) const { host().property->set_pointer(set_, name, 0, value); }

}  // namespace bridge
