#ifndef STILE_SERVICE_FORWARDING_H_
#define STILE_SERVICE_FORWARDING_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/engine.h"
#include "service/byte_buffer.h"
#include "service/client_address.h"
#include "service/request_head.h"
#include "service/response_head.h"

namespace stile {

// Writes the head with which `head` goes on to the origin. The request line is in origin-form and
// HTTP/1.1, Host is the client's. Left out: hop-by-hop fields and what Connection lists, Expect,
// Stile's own cookies, and everything that could be taken for a field that the gateway speaks by:
// X-Forwarded-For, -Proto, -Host, X-Real-IP, Forwarded, Stile-*, X-Stile-*, however it is spelt; of
// peers that aren't declared every other X-Forwarded-* too. The gateway then says who the client is
// and how the content is framed.
void WriteRequestHead(const RequestHead& head, const ClientOrigin& origin, const Engine& engine,
                      std::size_t site, ByteBuffer& out);

// What the gateway has decided about one response.
struct ResponsePlan {
  bool chunked = false;     // The content is re-framed in chunks.
  bool keep_alive = false;  // The client may send another request.
  bool http_1_0 = false;    // The client needs to be told to keep the connection.
  // A renewed clearance for the client: the value of a Set-Cookie field, or empty. It is left out
  // where CookieRoomOf leaves no room for it.
  std::string_view renewal;
};

// Writes the head of the origin's response for the client: as it is, but for the fields of the
// connection, and for a renewed clearance with the Cache-Control: private that it may need.
void WriteResponseHead(const ResponseHead& head, const ResponsePlan& plan, ByteBuffer& out);

// The same for a 103 and its like, which have no content and leave the connection alone.
void WriteInterimHead(const ResponseHead& head, ByteBuffer& out);

// The same for a 101 to "websocket".
void WriteUpgradeHead(const ResponseHead& head, ByteBuffer& out);

void AppendChunk(std::string_view payload, ByteBuffer& out);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace stile

#endif  // STILE_SERVICE_FORWARDING_H_
