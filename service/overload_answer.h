#ifndef STILE_SERVICE_OVERLOAD_ANSWER_H_
#define STILE_SERVICE_OVERLOAD_ANSWER_H_

#include <string_view>

#include "challenge/unix_millis.h"
#include "engine/answer.h"
#include "engine/engine.h"
#include "service/config.h"
#include "verifier/gate.h"
#include "verifier/request.h"

namespace stile {

// What a client without clearance gets from an event loop that is overloaded: 429 with Retry-After,
// and for a navigation a page of a few hundred bytes that tries again by itself, else JSON. Static:
// it costs a copy. It calls nobody refused, for nobody is.
[[nodiscard]] Answer OverloadAnswer(const Request& request) noexcept;

// The answer of an overloaded event loop to a request that is refused, in `answer`: OverloadAnswer
// to one that is challenged or over its budget, a plain 403 to one that is denied. False where
// there is none so short: the request passes, or is refused for a fault of ours that the engine has
// words for.
[[nodiscard]] bool ShortAnswer(const Engine& engine, const Request& request,
                               const Decision& decision, UnixMillis now, Answer& answer) noexcept;

// The whole answer, with Connection: close, to a connection over limits.max_connections. On a check
// listener a 403 with its three fields, since its proxies make an error of their own of anything
// else; on a forward-auth or ext-authz listener a 429, which the client gets to see; on a spop
// listener an AGENT-DISCONNECT; elsewhere a 503.
[[nodiscard]] std::string_view FullAnswer(ListenerMode mode) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_OVERLOAD_ANSWER_H_
