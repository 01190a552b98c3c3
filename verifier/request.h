#ifndef STILE_VERIFIER_REQUEST_H_
#define STILE_VERIFIER_REQUEST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "challenge/ip_address.h"

namespace stile {

// One header field as it was sent; the name in any case.
struct RequestField {
  std::string_view name;
  std::string_view value;
};

// One request as a door saw it: views that must live until its answer has been sent. Nothing in it
// is trusted but what the door itself found out: `address`, `https` and what follows them.
struct Request {
  static constexpr std::size_t kMaxCookieFields = 8;
  static constexpr std::uint16_t kSiteByHost = 65535;

  std::string_view method;  // As sent: "GET".
  std::string_view target;  // Origin-form: path and query, as sent, never decoded.
  std::string_view host;    // Without port, as sent.
  std::string_view user_agent;
  std::string_view accept;
  std::string_view accept_language;
  std::string_view origin;                         // The Origin field.
  std::string_view access_control_request_method;  // Empty unless a CORS preflight has it.
  std::string_view sec_fetch_mode;                 // "navigate" where a browser says so.
  std::string_view sec_fetch_site;                 // "same-origin" where a browser says so.
  std::string_view content_type;
  std::array<std::string_view, kMaxCookieFields> cookies;  // Each Cookie field's value, in order.
  std::size_t cookie_count = 0;

  // Every field of the head in the order sent, for rules that look at one by its name. A door may
  // leave it empty where Policy::needs() says that no rule does.
  std::span<const RequestField> fields;

  std::optional<IpAddress> address;  // nullopt: not known.
  bool https = false;                // From the listener or a trusted peer.
  std::string_view country;          // ISO 3166-1 alpha-2, "NO"; empty: not known.
  std::uint32_t asn = 0;             // 0: not known.
  std::string_view tls_fingerprint;  // From a trusted peer; empty: not known.
  std::uint16_t site = kSiteByHost;  // The index of the site that a door is pinned to.
};

// The part of `target` before the first '?'.
[[nodiscard]] constexpr std::string_view PathOf(std::string_view target) noexcept {
  return target.substr(0, target.find('?'));
}

// True for the methods that RFC 9110 section 9.2.1 calls safe.
[[nodiscard]] constexpr bool IsSafeMethod(std::string_view method) noexcept {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
}

}  // namespace stile

#endif  // STILE_VERIFIER_REQUEST_H_
