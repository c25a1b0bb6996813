// One conversation with the worker: messages, descriptors and the slots that belong to it. Used by one thread at a
// time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol.hpp"
#include "slot.hpp"

namespace bridge {

// The worker ended (no reason), does not answer, or said something that is not ours.
struct WorkerLost {
  std::string why = {};
};

// Sends one message, with a descriptor if `file` >= 0. False: the other end is closed.
bool send_message(int socket, protocol::Type type, uint32_t serial, const void* body, size_t bytes,
                  std::string_view text = {}, int file = -1);

struct Message {
  protocol::Header header = {};
  std::string body;

  // The beginning of the body as a struct; WorkerLost if it is shorter.
  template <class Body>
  Body as() const {
    if (body.size() < sizeof(Body)) throw WorkerLost{"the worker sent a short message"};
    Body out;
    __builtin_memcpy(&out, body.data(), sizeof out);
    return out;
  }
  template <class Body>
  std::string text_after() const {
    return body.size() > sizeof(Body) ? body.substr(sizeof(Body)) : std::string();
  }
};

class Channel {
 public:
  Channel(int socket, unsigned generation);  // takes the socket
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  unsigned generation() const { return generation_; }

  template <class Body>
  void send(protocol::Type type, const Body& body, std::string_view text = {}) {
    send_bytes(type, &body, sizeof body, text);
  }
  void send(protocol::Type type) { send_bytes(type, nullptr, 0, {}); }

  // The next message, waiting at most `milliseconds`. Throws WorkerLost.
  std::optional<Message> receive(int milliseconds);

  // A slot that the worker does not read, with at least these bytes; the worker knows of it afterwards.
  int free_slot(size_t bytes);
  // The slot that results come in: always number 0.
  void* result_slot(size_t bytes);
  void* data(int slot) const { return slots_[static_cast<size_t>(slot)].memory->data(); }
  void mark_sent(int slot) { slots_[static_cast<size_t>(slot)].sent = true; }
  void mark_taken(int slot);
  int sent_slots() const;

  uint32_t serial = 0;  // of the latest render
  bool ready = false;   // the worker answered hello
  bool busy = false;    // a cancelled render has not ended yet

 private:
  struct Shared {
    std::unique_ptr<Slot> memory;
    bool sent = false;
  };
  void send_bytes(protocol::Type type, const void* body, size_t bytes, std::string_view text);
  void provide(size_t slot, size_t bytes);

  int socket_;
  unsigned generation_;
  std::vector<Shared> slots_;
};

}  // namespace bridge
