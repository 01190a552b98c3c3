#ifndef STILE_ENGINE_HOP_H_
#define STILE_ENGINE_HOP_H_

#include <string_view>

#include "engine/exchange.h"
#include "verifier/gate.h"

namespace stile {

// A decision on its way through a proxy that asks once whether a request may pass, and a second
// time for what its client gets instead. Between the two it is a context that the proxy carries.
struct Hop {
  Decision decision;             // kChallenge or kDeny, as it was made.
  std::string_view return_path;  // Borrows from the worker's space, or the request.
};

// How long a proxy may take from one question to the other. Seconds.
inline constexpr std::uint32_t kHopSeconds = 60;

// Writes the context of `decision`, a challenge or a denial, to `out` and returns its text. Returns
// an empty view for any other action, and if there is no key to seal it with.
[[nodiscard]] std::string_view WriteHop(const Site& site, const Request& request,
                                        const Decision& decision, UnixMillis now,
                                        ContextText& out) noexcept;

// Reads the context of a hop. One that can't be believed, or carries anything but a challenge or a
// denial, becomes a challenge of the default level: no context makes a pass.
[[nodiscard]] Hop ReadHop(Exchange& exchange, std::string_view text) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_HOP_H_
