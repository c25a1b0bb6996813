#include "session.hpp"

#include <algorithm>
#include <optional>

#include "host.hpp"
#include "messages.hpp"
#include "refusal.hpp"
#include "worker.hpp"

namespace bridge {
namespace {

using protocol::Type;

constexpr int poll_milliseconds = 5;
constexpr double progress_after_seconds = 2;
constexpr int pictures_on_the_way = 4;

int64_t area(const ofxabi::RectI& bounds) {
  return static_cast<int64_t>(bounds.x2 - bounds.x1) * (bounds.y2 - bounds.y1);
}

// A render in progress. Its channel is given back, or declared lost, by run().
class Session {
 public:
  Session(const Job& job, Channel& channel, Config config)
      : job_(job), channel_(channel), config_(std::move(config)), bar_(job.effect, job.label) {}

  Outcome run() {
    if (!channel_.ready && !greet()) return Outcome::aborted;
    ++channel_.serial;
    const size_t bytes = static_cast<size_t>(area(job_.result)) * pixel_bytes(job_.out.depth);
    const void* const result = channel_.result_slot(bytes);
    if (!send_frames()) return Outcome::aborted;
    send_render();
    if (!serve()) return Outcome::aborted;
    asked_ = false;
    copy(packed(const_cast<void*>(result), job_.result, job_.out.depth), job_.out, job_.window);
    return Outcome::done;
  }

 private:
  bool aborted() const { return host().effect->abort && host().effect->abort(job_.effect) != 0; }

  // The next message; none: the user stopped. Throws WorkerLost when `seconds` since `since` have passed.
  std::optional<Message> next(double since, double seconds) {
    while (true) {
      if (std::optional<Message> message = channel_.receive(poll_milliseconds)) {
        heard_ = true;
        return message;
      }
      if (aborted()) return std::nullopt;
      const double waited = seconds_now() - since;
      if (waited > seconds)
        throw WorkerLost{"the worker did not answer within " + std::to_string(static_cast<int>(seconds)) + " seconds"};
      if (waited > progress_after_seconds && !bar_.update(0.0)) return std::nullopt;
    }
  }

  bool greet() {
    channel_.send(Type::hello);
    const std::optional<Message> message = next(seconds_now(), config_.start_seconds);
    if (!message) return false;
    if (message->header.type == Type::error) throw Refusal{ofxabi::status::failed, error_text(*message)};
    if (message->header.version != protocol::version)
      refuse(ofxabi::status::failed, "the worker speaks protocol " + std::to_string(message->header.version) +
                                         ", this bundle " + std::to_string(protocol::version) +
                                         "; run vsplugin ofx install again");
    if (message->header.type != Type::ready) throw WorkerLost{"the worker did not say that it is ready"};
    channel_.ready = true;
    return true;
  }

  // What the node knows to be needed, so that the worker need not ask for it.
  bool send_frames() {
    give(job_.frame, job_.source);
    for (int away = 1; away <= job_.radius; ++away)
      for (const int64_t frame : {job_.frame - away, job_.frame + away}) {
        if (aborted() || !await_taken()) return cancel();
        fetch(frame);
      }
    return true;
  }

  // Not more pictures on their way than the worker can be busy with.
  bool await_taken() {
    const double since = seconds_now();
    while (channel_.sent_slots() >= pictures_on_the_way) {
      const std::optional<Message> message = next(since, config_.frame_seconds);
      if (!message) return false;
      if (message->header.type == Type::taken) channel_.mark_taken(message->as<protocol::TakenMessage>().slot);
    }
    return true;
  }

  void fetch(int64_t frame) {
    if (host().temporal && (job_.count == 0 || (frame >= job_.first && frame < job_.first + job_.count))) {
      const Frame found(job_.source_clip, job_.time + static_cast<double>(frame - job_.frame));
      if (found) return give(frame, found.image());
    }
    channel_.send(Type::none, protocol::FrameMessage{frame});
  }

  // All frames of one render have the size of the one that is rendered.
  void give(int64_t frame, const Image& image) {
    const size_t bytes = static_cast<size_t>(area(job_.source.bounds)) * pixel_bytes(image.depth);
    const int slot = channel_.free_slot(bytes);
    copy(image, packed(channel_.data(slot), job_.source.bounds, image.depth), job_.source.bounds);
    channel_.mark_sent(slot);
    channel_.send(Type::have, protocol::Picture{frame, slot, job_.source.width(), job_.source.height(),
                                                static_cast<int32_t>(image.depth), job_.premultiplied,
                                                host().quirks->swapped_red_blue && image.depth == Depth::byte});
  }

  void send_render() {
    protocol::RenderMessage render = {};
    render.frame = job_.frame;
    render.first = job_.first;
    render.count = job_.count;
    render.out = {job_.frame,
                  0,
                  job_.result.x2 - job_.result.x1,
                  job_.result.y2 - job_.result.y1,
                  static_cast<int32_t>(job_.out.depth),
                  job_.premultiplied,
                  host().quirks->swapped_red_blue && job_.out.depth == Depth::byte};
    render.temporal = host().temporal;
    render.mix = job_.mix;
    channel_.send(Type::render, render, job_.json);
    asked_ = true;
  }

 public:
  // Whatever the worker still does for this render is not waited for.
  void abandon() {
    if (asked_) cancel();
  }
  bool heard() const { return heard_; }

 private:
  bool cancel() {
    asked_ = false;
    channel_.busy = true;
    channel_.send(Type::cancel);
    return false;
  }

  bool serve() {
    double since = seconds_now();
    double limit = config_.prepare_seconds;
    while (true) {
      const std::optional<Message> message = next(since, limit);
      if (!message) return cancel();
      if (message->header.type == Type::taken) channel_.mark_taken(message->as<protocol::TakenMessage>().slot);
      if (message->header.serial != channel_.serial) continue;
      switch (message->header.type) {
        case Type::need:
          fetch(message->as<protocol::FrameMessage>().frame);
          break;
        case Type::progress:
          if (message->as<protocol::ProgressMessage>().stage == 1 && limit == config_.prepare_seconds) {
            since = seconds_now();
            limit = std::max(config_.frame_seconds, 10 * worker().slowest_frame());
          }
          break;
        case Type::error:
          asked_ = false;
          fail(*message);
        case Type::done:
          worker().took(seconds_now() - since);
          return true;
        default:
          break;
      }
    }
  }

  static std::string error_text(const Message& message) { return message.text_after<protocol::ErrorMessage>(); }

  [[noreturn]] static void fail(const Message& message) {
    const auto kind = static_cast<protocol::ErrorKind>(message.as<protocol::ErrorMessage>().kind);
    throw Refusal{kind == protocol::ErrorKind::memory ? ofxabi::status::memory : ofxabi::status::failed,
                  error_text(message)};
  }

  const Job& job_;
  Channel& channel_;
  const Config config_;
  ProgressBar bar_;
  bool asked_ = false;  // the worker is rendering
  bool heard_ = false;  // it said something
};

// One attempt. `heard` tells whether the worker said anything before it was lost.
Outcome attempt(const Job& job, Channel& channel, bool* heard) {
  Session session(job, channel, worker().config());
  try {
    const Outcome outcome = session.run();
    *heard = true;
    return outcome;
  } catch (const Refusal&) {
    *heard = true;
    session.abandon();
    throw;
  } catch (const WorkerLost&) {
    *heard = session.heard();
    throw;
  }
}

}  // namespace

Outcome render_in_worker(const Job& job) {
  for (bool first = true;; first = false) {
    std::unique_ptr<Channel> channel = worker().acquire();
    bool heard = false;
    try {
      const Outcome outcome = attempt(job, *channel, &heard);
      worker().release(std::move(channel));
      return outcome;
    } catch (const Refusal&) {
      worker().release(std::move(channel));
      throw;
    } catch (const WorkerLost& lost) {
      // It ended between two frames, perhaps because it had nothing to do for long: that is no failure of this one.
      const bool again = first && !heard && lost.why.empty();
      const std::string what = worker().lost(std::move(channel), lost.why, again);
      if (!again) refuse(ofxabi::status::failed, what);
    }
  }
}

}  // namespace bridge
