#include "service/forwarding.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "service/cookie_room.h"

namespace stile {
namespace {

void AppendField(std::string_view name, std::string_view value, ByteBuffer& out) {
  out.Append(name);
  out.Append(": ");
  out.Append(value);
  out.Append("\r\n");
}

void AppendNumber(std::uint64_t number, int base, ByteBuffer& out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number, base).ptr;
  out.Append({digits, static_cast<std::size_t>(end - digits)});
}

bool NormalStartsWith(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() && NormalisesTo(name.substr(0, prefix.size()), prefix);
}

// True for the fields that an origin may take for the gateway's own word.
bool IsSpokenFor(std::string_view name, bool from_trusted_peer) {
  static constexpr std::string_view kOwn[] = {
      "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "forwarded",
  };
  switch (name.empty() ? '\0' : name.front() | 0x20) {
    case 'x':
    case 'f':
    case 's':
      break;
    default:
      return false;
  }
  if (std::any_of(std::begin(kOwn), std::end(kOwn),
                  [name](std::string_view own) { return NormalisesTo(name, own); })) {
    return true;
  }
  return NormalStartsWith(name, "stile-") || NormalStartsWith(name, "x-stile-") ||
         (!from_trusted_peer && NormalStartsWith(name, "x-forwarded-"));
}

void AppendCookie(std::string_view value, const Engine& engine, std::size_t site, ByteBuffer& out) {
  static constexpr std::string_view kName = "Cookie: ";
  const std::span<char> room = out.Room(kName.size() + value.size() + 2);
  const std::size_t kept =
      engine.StripClearance(value, site, room.subspan(kName.size(), value.size()));
  if (kept == 0) return;
  std::copy(kName.begin(), kName.end(), room.begin());
  room[kName.size() + kept] = '\r';
  room[kName.size() + kept + 1] = '\n';
  out.Commit(kName.size() + kept + 2);
}

void AppendOrigin(const RequestHead& head, const ClientOrigin& origin, ByteBuffer& out) {
  if (origin.address) {
    char text[INET6_ADDRSTRLEN];
    const int family = origin.address->is_v6() ? AF_INET6 : AF_INET;
    if (inet_ntop(family, origin.address->bytes().data(), text, sizeof(text)) != nullptr) {
      AppendField("X-Forwarded-For", text, out);
      AppendField("X-Real-IP", text, out);
    }
  }
  AppendField("X-Forwarded-Proto", origin.https ? "https" : "http", out);
  AppendField("X-Forwarded-Host", head.host(), out);
}

void AppendStatusLine(const ResponseHead& head, ByteBuffer& out) {
  out.Append("HTTP/1.1 ");
  AppendNumber(head.status(), 10, out);
  out.Append(" ");
  out.Append(head.reason());
  out.Append("\r\n");
}

void AppendEndToEndFields(const ResponseHead& head, ByteBuffer& out) {
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const HeadField field = head.field(i);
    if (!head.Strips(field.name)) AppendField(field.name, field.value, out);
  }
}

void AppendRenewal(const ResponseHead& head, std::string_view renewal, ByteBuffer& out) {
  const CookieRoom room = CookieRoomOf(head);
  if (room == CookieRoom::kNone) return;
  AppendField("Set-Cookie", renewal, out);
  if (room == CookieRoom::kIfMadePrivate) AppendField("Cache-Control", "private", out);
}

}  // namespace

void WriteRequestHead(const RequestHead& head, const ClientOrigin& origin, const Engine& engine,
                      std::size_t site, ByteBuffer& out) {
  out.Append(head.method());
  out.Append(" ");
  out.Append(head.target());
  out.Append(" HTTP/1.1\r\n");
  AppendField("Host", head.host(), out);
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const HeadField field = head.field(i);
    if (EqualsLower(field.name, "cookie")) {
      AppendCookie(field.value, engine, site, out);
    } else if (!EqualsLower(field.name, "host") && !EqualsLower(field.name, "content-length") &&
               !EqualsLower(field.name, "expect") && !head.Strips(field.name) &&
               !IsSpokenFor(field.name, origin.from_trusted_peer)) {
      AppendField(field.name, field.value, out);
    }
  }
  AppendOrigin(head, origin, out);
  if (head.framing() == Framing::kLength) {
    out.Append("Content-Length: ");
    AppendNumber(head.content_length(), 10, out);
    out.Append("\r\n");
  } else if (head.framing() == Framing::kChunked) {
    out.Append("Transfer-Encoding: chunked\r\n");
  }
  if (head.websocket()) out.Append("Connection: Upgrade\r\nUpgrade: websocket\r\n");
  out.Append("\r\n");
}

void WriteResponseHead(const ResponseHead& head, const ResponsePlan& plan, ByteBuffer& out) {
  AppendStatusLine(head, out);
  AppendEndToEndFields(head, out);
  if (!plan.renewal.empty()) AppendRenewal(head, plan.renewal, out);
  // A response to HEAD, and a 304, may say how long the content would be.
  if (head.has_length() && head.status() != 204) {
    out.Append("Content-Length: ");
    AppendNumber(head.content_length(), 10, out);
    out.Append("\r\n");
  }
  if (plan.chunked) out.Append("Transfer-Encoding: chunked\r\n");
  if (!plan.keep_alive) {
    out.Append("Connection: close\r\n");
  } else if (plan.http_1_0) {
    out.Append("Connection: keep-alive\r\n");
  }
  out.Append("\r\n");
}

void WriteInterimHead(const ResponseHead& head, ByteBuffer& out) {
  AppendStatusLine(head, out);
  AppendEndToEndFields(head, out);
  out.Append("\r\n");
}

void WriteUpgradeHead(const ResponseHead& head, ByteBuffer& out) {
  AppendStatusLine(head, out);
  AppendEndToEndFields(head, out);
  out.Append("Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
}

void AppendChunk(std::string_view payload, ByteBuffer& out) {
  AppendNumber(payload.size(), 16, out);
  out.Append("\r\n");
  out.Append(payload);
  out.Append("\r\n");
}

}  // namespace stile
