#ifndef STILE_SERVICE_DIALECT_SPOP_ACK_H_
#define STILE_SERVICE_DIALECT_SPOP_ACK_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "service/dialect/spop_value.h"

namespace stile {

// What HAProxy is told of a request: the values of variables in the scope of its transaction. An
// empty one isn't set.
struct SpopVariables {
  std::string_view action;   // allow, challenge or deny; never empty.
  std::string_view verdict;  // As X-Stile-Verdict on a check listener,
  std::string_view rule;     // and as X-Stile-Rule.
  std::string_view context;  // "ctx": what /interstitial takes in X-Stile-Ctx.
  std::string_view cookie;   // "setcookie": a renewed clearance, as Set-Cookie has it.
};

// Writes the ACK to the NOTIFY of this stream and id (SPOE.txt, sections 3.2.7 and 3.4). It always
// sets the action: some versions of HAProxy wait for ever for an ACK that has nothing to say. Where
// the room ends, what matters least is left out: the cookie first, then the rule. The action and
// the verdict fit into any frame that a side may insist on.
void WriteSpopAck(std::uint64_t stream, std::uint64_t id, const SpopVariables& variables,
                  SpopWriter& out) noexcept;
inline constexpr std::size_t kSpopAckRoom = 4 * 1024;  // For all of it.

}  // namespace stile

#endif  // STILE_SERVICE_DIALECT_SPOP_ACK_H_
