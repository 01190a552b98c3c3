#ifndef STILE_SERVICE_ENGINE_REQUEST_H_
#define STILE_SERVICE_ENGINE_REQUEST_H_

#include <cstdint>

#include "service/client_address.h"
#include "service/request_head.h"
#include "verifier/request.h"

namespace stile {

// The request that `head` describes, as the engine wants it: views into the head's bytes. A field
// that decides something and came twice is left empty; Cookie may come up to kMaxCookieFields
// times.
[[nodiscard]] Request EngineRequestOf(const RequestHead& head, const ClientOrigin& origin,
                                      std::uint16_t site) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_ENGINE_REQUEST_H_
