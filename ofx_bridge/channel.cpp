#include "channel.hpp"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "refusal.hpp"

namespace bridge {

using protocol::Header;

bool send_message(int socket, protocol::Type type, uint32_t serial, const void* body, size_t bytes,
                  std::string_view text, int file) {
  Header header{protocol::magic, protocol::version, type, serial, static_cast<uint32_t>(bytes + text.size())};
  iovec parts[] = {
      {&header, sizeof header}, {const_cast<void*>(body), bytes}, {const_cast<char*>(text.data()), text.size()}};
  msghdr message = {};
  message.msg_iov = parts;
  message.msg_iovlen = 3;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (file >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const first = CMSG_FIRSTHDR(&message);
    first->cmsg_level = SOL_SOCKET;
    first->cmsg_type = SCM_RIGHTS;
    first->cmsg_len = CMSG_LEN(sizeof file);
    std::memcpy(CMSG_DATA(first), &file, sizeof file);
  }
  ssize_t done = 0;
  do done = sendmsg(socket, &message, MSG_NOSIGNAL);
  while (done < 0 && errno == EINTR);
  return done >= 0;
}

Channel::Channel(int socket, unsigned generation) : socket_(socket), generation_(generation) {}

Channel::~Channel() { close(socket_); }

void Channel::send_bytes(protocol::Type type, const void* body, size_t bytes, std::string_view text) {
  if (sizeof(Header) + bytes + text.size() > protocol::largest_message)
    refuse(ofxabi::status::failed, "the node's parameters are longer than 64 KiB");
  if (!send_message(socket_, type, serial, body, bytes, text)) throw WorkerLost{};
}

std::optional<Message> Channel::receive(int milliseconds) {
  pollfd waiting{socket_, POLLIN, 0};
  if (poll(&waiting, 1, milliseconds) <= 0) return std::nullopt;
  Message message;
  message.body.resize(protocol::largest_message);
  iovec parts[] = {{&message.header, sizeof message.header}, {message.body.data(), message.body.size()}};
  msghdr envelope = {};
  envelope.msg_iov = parts;
  envelope.msg_iovlen = 2;
  const ssize_t got = recvmsg(socket_, &envelope, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (got <= 0) throw WorkerLost{};
  if (static_cast<size_t>(got) < sizeof(Header) || message.header.magic != protocol::magic ||
      message.header.bytes != static_cast<size_t>(got) - sizeof(Header))
    throw WorkerLost{"the worker said something that is not this protocol"};
  message.body.resize(message.header.bytes);
  return message;
}

void Channel::provide(size_t slot, size_t bytes) {
  if (slots_.size() <= slot) slots_.resize(slot + 1);
  Shared& shared = slots_[slot];
  if (shared.memory && shared.memory->bytes() >= bytes) return;
  shared.memory.reset();  // the old one first: both may not fit
  shared.memory = std::make_unique<Slot>(bytes);
  const protocol::SlotMessage body{static_cast<int32_t>(slot), 0, shared.memory->bytes()};
  if (!send_message(socket_, protocol::Type::slot, serial, &body, sizeof body, {}, shared.memory->file()))
    throw WorkerLost{};
}

int Channel::free_slot(size_t bytes) {
  size_t slot = 1;
  while (slot < slots_.size() && slots_[slot].sent) ++slot;
  provide(slot, bytes);
  return static_cast<int>(slot);
}

void* Channel::result_slot(size_t bytes) {
  provide(0, bytes);
  return data(0);
}

void Channel::mark_taken(int slot) {
  if (slot > 0 && static_cast<size_t>(slot) < slots_.size()) slots_[static_cast<size_t>(slot)].sent = false;
}

int Channel::sent_slots() const {
  int count = 0;
  for (const Shared& slot : slots_) count += slot.sent;
  return count;
}

}  // namespace bridge
