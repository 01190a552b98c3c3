#ifndef STILE_SERVICE_DIALECT_SPOP_HELLO_H_
#define STILE_SERVICE_DIALECT_SPOP_HELLO_H_

#include <cstdint>

#include "service/dialect/spop_frame.h"
#include "service/dialect/spop_value.h"

namespace stile {

// What a HAPROXY-HELLO asks for.
struct SpopHello {
  std::uint32_t max_frame_size = 0;  // That HAProxy takes, and sends; at least kLeastSpopFrame.
  bool health_check = false;         // It only wants to know whether somebody is there.
};

// Reads a HAPROXY-HELLO (SPOE.txt, section 3.2.4) into `out`, which is written only with kNormal.
// Keys that aren't known are skipped. Refuses, in this order, one
//   that is no list of keys and values, has a key that is known twice or with another type than it
//   has, or belongs to a stream                                      kInvalid
//   without the versions that HAProxy speaks                         kVersionMissing
//   without max-frame-size                                           kFrameSizeMissing
//   without capabilities; those of a health check are empty          kCapabilitiesMissing
//   that can't speak 2.0                                             kVersion
//   whose max-frame-size is below kLeastSpopFrame or its own size    kFrameSize
[[nodiscard]] SpopStatus ReadSpopHello(const SpopFrame& frame, SpopHello& out) noexcept;

// Writes the AGENT-HELLO that answers it: version 2.0, and `max_frame_size`. Of the capabilities it
// names pipelining alone: fragments would be the only way to send more than a frame holds, and
// HAProxy loses frames that are answered on other connections ("async"). Fits into
// kSpopHelloRoom.
void WriteSpopHello(std::uint32_t max_frame_size, SpopWriter& out) noexcept;
inline constexpr std::size_t kSpopHelloRoom = 128;

}  // namespace stile

#endif  // STILE_SERVICE_DIALECT_SPOP_HELLO_H_
