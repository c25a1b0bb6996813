#include "worker.hpp"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "refusal.hpp"

namespace bridge {
namespace {

constexpr size_t deaths_allowed = 3;
constexpr double within_seconds = 60;

// A channel whose cancelled render has ended by now is as good as new.
bool has_become_idle(Channel& channel) {
  try {
    while (channel.busy) {
      const std::optional<Message> message = channel.receive(0);
      if (!message) return false;
      const auto type = message->header.type;
      if (type == protocol::Type::taken) channel.mark_taken(message->as<protocol::TakenMessage>().slot);
      if (type == protocol::Type::done || type == protocol::Type::error)
        channel.busy = message->header.serial != channel.serial;
      if (type == protocol::Type::ready) channel.ready = true;
    }
    return true;
  } catch (const WorkerLost&) {
    return false;
  }
}

}  // namespace

Worker& worker() {
  static Worker* const only = new Worker;  // never destroyed: hosts call in while they unload
  return *only;
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool Worker::given_up() const {
  return deaths_.size() >= deaths_allowed && seconds_now() - deaths_.back() < within_seconds;
}

void Worker::start() {
  if (given_up())
    refuse(ofxabi::status::failed, "the worker died " + std::to_string(deaths_.size()) + " times within a minute (" +
                                       last_death_ + "); change a parameter to try again");
  config_ = read_config();
  process_ = start_process(config_);
  ++generation_;
  slowest_frame_ = 0;
}

void Worker::end(int patience_milliseconds, std::string* how) {
  idle_.clear();
  end_process(&process_, patience_milliseconds, how);
}

// It ends by itself when nobody used it for a while.
void Worker::collect_locked() {
  std::string how;
  if (process_.pid <= 0 || !has_ended(process_.pid, &how)) return;
  process_.pid = -1;
  end(0, &how);
}

void Worker::collect() {
  const std::lock_guard lock(mutex_);
  collect_locked();
}

std::unique_ptr<Channel> Worker::acquire() {
  const std::lock_guard lock(mutex_);
  collect_locked();
  if (process_.pid <= 0) start();
  for (auto at = idle_.begin(); at != idle_.end(); ++at) {
    if (!has_become_idle(**at)) continue;
    std::unique_ptr<Channel> channel = std::move(*at);
    idle_.erase(at);
    return channel;
  }
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    refuse(ofxabi::status::failed, std::string("no socket for the worker: ") + std::strerror(errno));
  auto channel = std::make_unique<Channel>(ends[0], generation_);
  send_message(process_.control, protocol::Type::open, 0, nullptr, 0, {}, ends[1]);  // if it died, receiving says so
  close(ends[1]);
  return channel;
}

void Worker::release(std::unique_ptr<Channel> channel) {
  const std::lock_guard lock(mutex_);
  if (channel->generation() == generation_ && process_.pid > 0) idle_.push_back(std::move(channel));
}

std::string Worker::lost(std::unique_ptr<Channel> channel, const std::string& why, bool harmless) {
  const std::lock_guard lock(mutex_);
  if (channel->generation() != generation_ || process_.pid <= 0) return last_death_;  // another thread was here first
  std::string how;
  end(why.empty() ? 1000 : 0, &how);
  last_death_ = why.empty() ? "the worker " + how : why;
  if (!config_.log.empty()) last_death_ += "; see " + config_.log;
  if (harmless) return last_death_;
  const double now = seconds_now();
  deaths_.push_back(now);
  while (deaths_.size() > deaths_allowed || now - deaths_.front() > within_seconds) deaths_.pop_front();
  return last_death_;
}

Config Worker::config() {
  const std::lock_guard lock(mutex_);
  return config_;
}

double Worker::slowest_frame() {
  const std::lock_guard lock(mutex_);
  return slowest_frame_;
}

void Worker::took(double seconds) {
  const std::lock_guard lock(mutex_);
  slowest_frame_ = std::max(slowest_frame_, seconds);
}

void Worker::forgive() {
  const std::lock_guard lock(mutex_);
  deaths_.clear();
}

void Worker::trim() {
  const std::lock_guard lock(mutex_);
  idle_.clear();
}

void Worker::shut_down() {
  const std::lock_guard lock(mutex_);
  std::string how;
  end(2000, &how);
  deaths_.clear();
}

}  // namespace bridge
