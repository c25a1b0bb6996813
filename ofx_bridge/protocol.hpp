// What the bundle and the worker say to each other: datagrams on AF_UNIX SEQPACKET sockets, little-endian, pictures in
// memory files (slots) that travel beside the first message naming them. vsplugin/worker/protocol.py is the other side.
//
//   control socket   bundle -> worker   open (with the socket of a new channel)
//   channel          bundle -> worker   hello · slot (with its memory file) · have, none · render · cancel
//                    worker -> bundle   ready · taken · need · progress · done, error
//
// A channel renders one frame at a time. The frames that the bundle knows to be needed are sent before `render`; the
// worker asks for others with `need`. `taken` says that a slot was read and may be written again. After `cancel` the
// channel is used again once the worker has answered `done` or `error` of that serial.
#pragma once

#include <cstdint>

namespace bridge::protocol {

inline constexpr uint32_t magic = 0x57505356;  // "VSPW"
inline constexpr uint16_t version = 1;         // any change of this file; hello and ready themselves never change
inline constexpr int largest_message = 64 * 1024;

enum class Type : uint16_t {
  open = 1,
  hello,
  slot,
  have,
  none,
  render,
  cancel,
  ready = 32,
  taken,
  need,
  progress,
  done,
  error
};

struct Header {
  uint32_t magic;
  uint16_t version;
  Type type;
  uint32_t serial;  // of the render that a message belongs to
  uint32_t bytes;   // after this header
};

struct SlotMessage {
  int32_t slot;
  int32_t unused;
  uint64_t bytes;
};

struct Picture {
  int64_t frame;  // number on the host's time line
  int32_t slot;
  int32_t width, height;
  int32_t depth;  // Depth
  int32_t premultiplied;
  int32_t swapped;  // red and blue
};

struct FrameMessage {  // none, need
  int64_t frame;
};

struct RenderMessage {  // text follows: JSON of the node
  int64_t frame;
  int64_t first;     // of the clip
  int64_t count;     // frames of the clip; 0: not known
  Picture out;       // slot to write into, and the size that is wanted
  int32_t temporal;  // the host gives frames of other times
  int32_t unused;
  double mix;
};

struct TakenMessage {
  int32_t slot;
  int32_t unused;
};

struct ProgressMessage {
  double fraction;  // below 0: not known
  int32_t stage;    // 0 making ready (models are loaded), 1 rendering
  int32_t unused;
};

struct ErrorMessage {  // text follows
  int32_t kind;        // Kind
  int32_t unused;
};

enum class ErrorKind : int32_t { failed = 0, memory = 1, version = 2, cancelled = 3 };

static_assert(sizeof(Header) == 16 && sizeof(Picture) == 32 && sizeof(RenderMessage) == 72);

}  // namespace bridge::protocol
