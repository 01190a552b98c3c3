#ifndef STILE_SERVICE_DIALECT_SPOP_MESSAGE_H_
#define STILE_SERVICE_DIALECT_SPOP_MESSAGE_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "challenge/ip_address.h"
#include "service/dialect/described_request.h"

namespace stile {

// The request that a NOTIFY describes, by the arguments of its one message:
//
//   args address=src method=method uri=pathq https=ssl_fc fields=req.hdrs
//
// The whole head comes as text, and once. Rules may look at any field and Cookie may come several
// times, so a few named fields would not do; naming some beside it would send their bytes twice,
// into a frame that must hold all; and as text it is read by the same strict reader as any head,
// under the same limits, so that no field means one thing here and another on other listeners. A
// head that HAProxy can hold in its buffer fits into its frame this way; the shipped configuration
// refuses larger ones before it asks.
struct SpopDescription {
  std::string_view method;
  std::string_view uri;     // Path and query.
  std::string_view fields;  // Field lines and the empty line behind them.
  bool https = false;
  std::optional<IpAddress> address;  // nullopt: HAProxy itself doesn't know.
};

// Reads the payload of a NOTIFY (SPOE.txt, section 3.2.6). False if it is no list of messages.
// Otherwise `reason` says whether it describes a request, by the rules that ReadDescription has for
// the same things, and `out` is written only with kNone. An argument that isn't known is skipped.
// Without a uri, OPTIONS is about "*". Does not allocate.
[[nodiscard]] bool ReadSpopMessages(std::string_view payload, SpopDescription& out,
                                    DescriptionReason& reason) noexcept;

// Writes the head of the described request, for RequestHead, into `out`, which has as many bytes as
// SpopHeadSize says. It describes one only if that finds the head complete and nothing behind it.
[[nodiscard]] std::size_t SpopHeadSize(const SpopDescription& description) noexcept;
void WriteSpopHead(const SpopDescription& description, std::span<char> out) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_DIALECT_SPOP_MESSAGE_H_
