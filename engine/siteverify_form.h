#ifndef STILE_ENGINE_SITEVERIFY_FORM_H_
#define STILE_ENGINE_SITEVERIFY_FORM_H_

#include <span>
#include <string_view>

namespace stile {

// What a site's backend asks, as it was sent: nothing about it is checked yet. Empty: not there.
struct SiteverifyForm {
  std::string_view secret;
  std::string_view response;
  std::string_view idempotency_key;
};

// Reads `body`, of the media type that `content_type` names: application/json, multipart/form-data,
// and application/x-www-form-urlencoded, which it also is without one. Returns false, with `out`
// unspecified, if it is none of these, not well formed, or has one of the three fields twice or as
// anything but a string (null is none). Other fields may be anything: remoteip is one of them,
// which proxies in front of a backend make worthless to compare. The views borrow from `body` or
// from `scratch`, which is at least as long. Linear; doesn't allocate.
[[nodiscard]] bool DecodeSiteverifyForm(std::string_view content_type, std::string_view body,
                                        std::span<char> scratch, SiteverifyForm& out) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_SITEVERIFY_FORM_H_
