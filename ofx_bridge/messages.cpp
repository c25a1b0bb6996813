#include "messages.hpp"

#include <algorithm>

#include "host.hpp"

namespace bridge {

void StandingMessage::show(ofxabi::Effect effect, const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (text == text_) return;
  text_ = text;
  const auto* const suite = host().message;
  if (host().quirks->no_persistent_message || !suite || !suite->set_persistent_message) return;
  suite->set_persistent_message(effect, ofxabi::name::message_error, "vsplugin", "%s", text_.c_str());
}

void StandingMessage::clear(ofxabi::Effect effect) {
  const std::lock_guard lock(mutex_);
  if (text_.empty()) return;
  text_.clear();
  const auto* const suite = host().message;
  if (host().quirks->no_persistent_message || !suite || !suite->clear_persistent_message) return;
  suite->clear_persistent_message(effect);
}

bool ProgressBar::update(double fraction) {
  const auto* const v2 = host().progress2;
  const auto* const v1 = host().progress1;
  const auto start2 = v2 ? v2->start : nullptr;
  const auto start1 = v1 ? v1->start : nullptr;
  const auto step = v2 ? v2->update : v1 ? v1->update : nullptr;
  if (!shown_) {
    if (!start1 && !start2) return true;
    start2 ? start2(effect_, label_, "vsplugin") : start1(effect_, label_);
    shown_ = true;
  }
  return !step || step(effect_, std::clamp(fraction, 0.0, 1.0)) != ofxabi::status::reply_no;
}

ProgressBar::~ProgressBar() {
  const auto end = host().progress2 ? host().progress2->end : host().progress1 ? host().progress1->end : nullptr;
  if (shown_ && end) end(effect_);
}

}  // namespace bridge
