#ifndef STILE_SERVICE_DIALECT_SPOP_FRAME_H_
#define STILE_SERVICE_DIALECT_SPOP_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "service/dialect/spop_value.h"

namespace stile {

// Why a connection ends, as both sides say it: SPOE.txt, section 3.5.
enum class SpopStatus : std::uint8_t {
  kNormal = 0,
  kIo = 1,
  kTimeout = 2,
  kTooBig = 3,
  kInvalid = 4,
  kVersionMissing = 5,
  kFrameSizeMissing = 6,
  kCapabilitiesMissing = 7,
  kVersion = 8,
  kFrameSize = 9,
  kFragmented = 10,
  kInterlaced = 11,
  kFrameIdUnknown = 12,
  kResources = 13,
};
inline constexpr std::size_t kSpopStatusCount = 14;

// The name that metrics and AGENT-DISCONNECT use, such as "too-big".
[[nodiscard]] std::string_view SpopStatusName(SpopStatus status) noexcept;

// The frames that matter here: SPOE.txt, section 3.2.2.
enum class SpopFrameType : std::uint8_t {
  kUnset = 0,  // What follows the first frame of a fragmented one.
  kHaproxyHello = 1,
  kHaproxyDisconnect = 2,
  kNotify = 3,
  kAgentHello = 101,
  kAgentDisconnect = 102,
  kAck = 103,
};

struct SpopFrame {
  SpopFrameType type = SpopFrameType::kUnset;  // May be a number that the protocol doesn't have.
  std::uint64_t stream = 0;
  std::uint64_t id = 0;      // Of the frame, in its stream.
  std::string_view payload;  // Borrowed.
};

struct SpopFrameResult {
  enum class Status : std::uint8_t { kNone = 0, kComplete, kNeedMore, kRefused };
  Status status = Status::kNone;
  SpopStatus reason = SpopStatus::kNormal;  // kRefused.
  std::size_t size =
      0;            // kComplete: of the frame with its length. kNeedMore: how many are missing.
  SpopFrame frame;  // kComplete.
};

inline constexpr std::size_t kSpopLengthSize = 4;      // Before each frame.
inline constexpr std::uint32_t kLeastSpopFrame = 256;  // The smallest limit that a side may set.

// Reads the frame that `bytes` begins with. Refuses one
//   over `limit` bytes, as soon as its length is there                        kTooBig
//   that is fragmented, or goes on with one that was: it is of a sender that
//   was never told that it may                                                kFragmented
//   that is too short for its own beginning, or says that it is aborted       kInvalid
// Does not allocate.
[[nodiscard]] SpopFrameResult ReadSpopFrame(std::string_view bytes, std::uint32_t limit) noexcept;

// Writes a frame with its length. Between Begin and End the caller writes the payload.
//   SpopWriter out(room);
//   BeginSpopFrame(SpopFrameType::kAck, stream, id, out);
//   ...
//   EndSpopFrame(out);
void BeginSpopFrame(SpopFrameType type, std::uint64_t stream, std::uint64_t id,
                    SpopWriter& out) noexcept;
void EndSpopFrame(SpopWriter& out) noexcept;

// Writes the AGENT-DISCONNECT that ends a connection; its text is the status's name. Fits into
// kSpopDisconnectRoom.
void WriteSpopDisconnect(SpopStatus status, SpopWriter& out) noexcept;
inline constexpr std::size_t kSpopDisconnectRoom = 128;

}  // namespace stile

#endif  // STILE_SERVICE_DIALECT_SPOP_FRAME_H_
